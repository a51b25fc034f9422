import { LocalCloudError } from '../local/errors.ts';

/** The closed list of what can go wrong in the lab; scripts match on it, so a code never changes meaning. */
type LabErrorCode =
  | 'EXPERIMENT_NOT_FOUND'
  | 'SETTING_INVALID'
  | 'NO_TERMINAL'
  | 'FILE_NOT_WRITTEN'
  | 'CLIENT_FAILED'
  | 'NOT_SEEN'
  | 'LAB_BROKER_NOT_RUNNING'
  | 'LAB_BROKER_UNREACHABLE'
  | 'LAB_BROKER_STARTING'
  | 'LAB_BROKER_RUNNING'
  | 'LAB_BROKER_NOT_NEEDED'
  | 'LAB_BROKER_ENDED'
  | 'FOLDER_NOT_WRITABLE'
  | 'GROUP_IN_USE'
  | 'TOPIC_NOT_FOUND'
  | 'SERVICE_NOT_STARTED'
  | 'PLATFORM_UNSUPPORTED';

/** As an error of the local cloud, of the lab: what happened, and the remedy. */
export class LabError extends LocalCloudError<LabErrorCode> {}
