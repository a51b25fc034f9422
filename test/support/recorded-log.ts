import type { FunctionLogger, LogFields, Measures } from '../../functions/logger.ts';

interface LogLine {
  readonly message: string;
  readonly fields: LogFields | undefined;
}

/** A log in memory: its lines, whatever their level, and what was measured, both in order. */
export function recordedLog() {
  const lines: LogLine[] = [];
  const measured: Measures[] = [];
  const log = (message: string, fields?: LogFields) => {
    lines.push({ message, fields });
  };
  const logger: Omit<FunctionLogger, 'addContext'> = {
    info: log,
    warn: log,
    error: log,
    measure: (measures) => {
      measured.push(measures);
    },
  };
  return { logger, lines, measured };
}
