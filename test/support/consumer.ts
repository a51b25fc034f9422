import type { Context } from 'aws-lambda';
import type { DeadLetter } from '../../functions/dead-letters/letter.ts';
import type { ConsumerPorts } from '../../functions/kafka/consume.ts';
import type { LogFields } from '../../functions/logger.ts';

/** The parts of a Lambda context that a consumer looks at. */
export const LAMBDA_CONTEXT = { awsRequestId: 'request-1', functionName: 'consumer' } as Context;

export interface RecordedConsumer {
  readonly ports: ConsumerPorts;
  readonly letters: DeadLetter[];
  readonly lines: { readonly message: string; readonly fields: LogFields | undefined }[];
}

/** What a consumer needs beside its effect, kept in memory. The clock stands still. */
export function recordedConsumer(overrides: Partial<ConsumerPorts> = {}): RecordedConsumer {
  const letters: DeadLetter[] = [];
  const lines: RecordedConsumer['lines'] = [];
  const log = (message: string, fields?: LogFields) => {
    lines.push({ message, fields });
  };
  return {
    letters,
    lines,
    ports: {
      consumer: 'test-service',
      writeDeadLetter: async (letter) => {
        letters.push(letter);
      },
      logger: { info: log, warn: log, error: log, addContext: () => undefined },
      now: () => Date.parse('2026-03-01T12:00:00.000Z'),
      ...overrides,
    },
  };
}
