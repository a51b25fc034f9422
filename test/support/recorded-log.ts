import type { LogFields, Logger } from '../../functions/logger.ts';

export interface LogLine {
  readonly message: string;
  readonly fields: LogFields | undefined;
}

/** A log that adds its lines, whatever their level, to a list. */
export function recordedLog(lines: LogLine[]): Logger {
  const log = (message: string, fields?: LogFields) => {
    lines.push({ message, fields });
  };
  return { info: log, warn: log, error: log };
}
