import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CloudStatus } from './cloud-status.ts';
import { answerStarting } from './gateway/loopback.ts';

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
