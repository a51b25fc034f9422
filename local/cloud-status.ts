import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MappingStatus } from './event-sources/mappings.ts';
import { answerStarting } from './gateway/loopback.ts';
import type { FunctionStats } from './lambda/pool.ts';
import type { ScheduleStatus } from './schedules/schedules.ts';

/** What `GET /_millrace/status` answers: everything a command needs to know of a running local cloud. */
export interface CloudStatus {
  readonly engine: {
    readonly kind: 'embedded' | 'external';
    readonly bootstrapServers: string;
    readonly awsEndpoint: string;
    readonly region: string;
    readonly account: string;
  };
  readonly apis: readonly { readonly name: string; readonly url: string }[];
  readonly functions: readonly (FunctionStats & { readonly path: string })[];
  readonly mappings: readonly MappingStatus[];
  readonly schedules: readonly ScheduleStatus[];
  /** Stack outputs by `<stack>.<output>`. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Folder with a log file per function, `<function name>.log`. */
  readonly logDir: string;
}

/** Answers `/_millrace/status` on the gateway's port with the status as JSON, or that there is none yet. */
export function statusHandler(status: () => Promise<CloudStatus | undefined>): {
  prefix: string;
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
} {
  return {
    prefix: '/_millrace/status',
    async handle(_request, response) {
      const found = await status();
      if (found === undefined) return answerStarting(response);
      const body = JSON.stringify(found, bigintsAsNumbers);
      response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    },
  };
}

/** Offsets are 64 bits wide; those a number can't hold exactly become text. */
function bigintsAsNumbers(_key: string, value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  return value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value);
}
