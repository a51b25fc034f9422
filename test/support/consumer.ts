import type { Context } from 'aws-lambda';
import type { DeadLetter } from '../../functions/dead-letters/letter.ts';
import type { ConsumerPorts } from '../../functions/kafka/consume.ts';
import type { LogFields, Measures } from '../../functions/logger.ts';

/** The parts of a Lambda context that a consumer looks at. */
export const LAMBDA_CONTEXT = {
  awsRequestId: 'request-1',
  functionName: 'consumer',
  getRemainingTimeInMillis: () => 120_000,
} as Context;

export interface RecordedConsumer {
  readonly ports: ConsumerPorts;
  /** The time, in epoch milliseconds: only waiting makes it pass. */
  readonly clock: { now: number };
  /** How long the consumer has waited, in milliseconds. */
  readonly waits: number[];
  readonly letters: DeadLetter[];
  readonly measured: { readonly measures: Measures; readonly reason: string | undefined }[];
  readonly lines: { readonly message: string; readonly fields: LogFields | undefined }[];
}

/** What a consumer needs beside its effect, kept in memory. Waits pass at once, and are as long as they may be. */
export function recordedConsumer(overrides: Partial<ConsumerPorts> = {}): RecordedConsumer {
  const letters: DeadLetter[] = [];
  const lines: RecordedConsumer['lines'] = [];
  const measured: RecordedConsumer['measured'] = [];
  const clock = { now: Date.parse('2026-03-01T12:00:00.000Z') };
  const waits: number[] = [];
  const timeouts: { readonly at: number; readonly controller: AbortController }[] = [];
  let ids = 0;
  const log = (message: string, fields?: LogFields) => {
    lines.push({ message, fields });
  };
  return {
    letters,
    lines,
    measured,
    clock,
    waits,
    ports: {
      consumer: 'test-service',
      writeDeadLetter: async (letter) => {
        letters.push(letter);
      },
      logger: {
        info: log,
        warn: log,
        error: log,
        addContext: () => undefined,
        measure: (measures, reason) => void measured.push({ measures, reason }),
      },
      now: () => clock.now,
      newId: () => `invocation-${++ids}`,
      waiting: {
        random: () => 1,
        sleep: async (ms) => {
          waits.push(ms);
          clock.now += ms;
          for (const { at, controller } of timeouts) if (at <= clock.now) controller.abort();
        },
        timeout(ms) {
          const controller = new AbortController();
          timeouts.push({ at: clock.now + ms, controller });
          return controller.signal;
        },
      },
      ...overrides,
    },
  };
}
