import type { MappingStatus } from './event-sources/mappings.ts';
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
