import type { Context } from 'aws-lambda';
import { mapConcurrently } from '../concurrency.ts';
import type { WriteDeadLetter } from '../dead-letters/letter.ts';
import type { FunctionLogger } from '../logger.ts';
import { codeOf } from '../transient.ts';
import { batchResponse, type KafkaBatchResponse, type SettledRecord } from './batch-response.ts';
import { decodeKafkaEvent } from './decode.ts';
import { type Effect, runEffect } from './effect.ts';
import { foldByOrder } from './fold.ts';
import { type EventRecord, judgeRecord } from './judge.ts';
import { outcomeOfCopy, retry } from './outcome.ts';
import type { KafkaRecord } from './record.ts';
import { reportBatch } from './report.ts';

/** What every consumer needs beside its effect. */
export interface ConsumerPorts {
  /** The consumer group: the name under which its dead letters are kept. */
  readonly consumer: string;
  readonly writeDeadLetter: WriteDeadLetter;
  readonly logger: FunctionLogger;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** A Lambda function behind a Kafka event source mapping with `ReportBatchItemFailures`. */
export type KafkaHandler = (event: unknown, context: Context) => Promise<KafkaBatchResponse>;

const LETTERS_IN_FLIGHT = 10;

/**
 * A consumer of the topic `orders`: decode, parse, fold per order, effect, outcomes.
 *
 * Every record ends in exactly one outcome. What is rejected, breaks a rule or meets an exception of its own is a dead
 * letter at once; if that cannot be written, the record is delivered again, so that none is lost between the two.
 *
 * @throws {OrderlyError} `KAFKA_EVENT_INVALID` where the invocation is no Kafka event; nothing else.
 */
export function consume(effect: Effect, ports: ConsumerPorts): KafkaHandler {
  return async (event, context) => {
    ports.logger.addContext(context);
    const startedAt = ports.now();

    const records = decodeKafkaEvent(event);
    const judged = await settleBatch(records, effect);
    const settled = await storeDeadLetters(judged, ports);

    reportBatch(settled, ports.now() - startedAt, ports.logger);
    return batchResponse(settled);
  };
}

async function settleBatch(records: readonly KafkaRecord[], effect: Effect): Promise<SettledRecord[]> {
  const settled: SettledRecord[] = [];
  const events: EventRecord[] = [];
  for (const record of records) {
    const judged = judgeRecord(record);
    if ('event' in judged) events.push({ record, event: judged.event });
    else settled.push({ record, outcome: judged.outcome });
  }
  const outcomes = await runEffect(effect, foldByOrder(events));
  for (const [{ copies }, outcome] of outcomes) {
    const [first, ...others] = copies;
    settled.push({ record: first, outcome });
    for (const record of others) settled.push({ record, outcome: outcomeOfCopy(outcome) });
  }
  return settled;
}

/** Writes a letter for each record that needs one; where the write fails, the record is to be delivered again. */
function storeDeadLetters(settled: readonly SettledRecord[], ports: ConsumerPorts): Promise<SettledRecord[]> {
  return mapConcurrently(settled, LETTERS_IN_FLIGHT, async ({ record, outcome }) => {
    if (outcome.kind !== 'dead-letter') return { record, outcome };
    const { reason, error } = outcome;
    try {
      await ports.writeDeadLetter({ consumer: ports.consumer, record, reason, error }, new Date(ports.now()));
      return { record, outcome };
    } catch (failure) {
      return { record, outcome: retry(`DEAD_LETTER_NOT_WRITTEN/${codeOf(failure)}`) };
    }
  });
}
