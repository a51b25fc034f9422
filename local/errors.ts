/** The closed list of what can go wrong in the local cloud; scripts match on it, so a code never changes meaning. */
export type LocalCloudErrorCode =
  | 'ASSEMBLY_UNREADABLE'
  | 'ASSEMBLY_NOT_HONOURED'
  | 'ENGINE_MISSING_TOOL'
  | 'ENGINE_INSTALL_FAILED'
  | 'ENGINE_START_FAILED'
  | 'ENGINE_UNREACHABLE'
  | 'ENGINE_NOT_OURS'
  | 'ENGINE_NOT_EMPTY'
  | 'ENGINE_EMPTIED'
  | 'PORT_TAKEN'
  | 'CONFIG_INVALID'
  | 'PROVISIONING_FAILED'
  | 'FUNCTION_NOT_FOUND'
  | 'FUNCTION_NOT_LOADED'
  | 'MAPPING_NOT_FOUND'
  | 'MAPPING_AMBIGUOUS'
  | 'MAPPING_IN_USE'
  | 'REWIND_REFUSED'
  | 'REWIND_FAILED'
  | 'SCHEDULE_NOT_FOUND'
  | 'SCHEDULE_AMBIGUOUS'
  | 'STACK_NOT_FOUND'
  | 'REGION_MISSING'
  | 'CREDENTIALS_MISSING'
  | 'AWS_REFUSED'
  | 'ALREADY_RUNNING'
  | 'NOT_RUNNING'
  | 'STARTING';

/**
 * An error a person can act on: what happened, and the remedy.
 *
 * `message` names the thing; `remedy` says what to do, one line each; `retriable` says whether the same call may succeed
 * later without a change. Who mounts commands of its own has a list of codes of its own.
 */
export class LocalCloudError<Code extends string = LocalCloudErrorCode> extends Error {
  readonly code: Code;
  readonly remedy: readonly string[];
  readonly retriable: boolean;

  constructor(
    code: Code,
    message: string,
    options: { remedy?: readonly string[]; retriable?: boolean; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'LocalCloudError';
    this.code = code;
    this.remedy = options.remedy ?? [];
    this.retriable = options.retriable ?? false;
  }
}
