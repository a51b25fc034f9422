import type { Context } from 'aws-lambda';
import { fullJitter, type Timing } from '../backoff.ts';
import { mapConcurrently } from '../concurrency.ts';
import type { WriteDeadLetter } from '../dead-letters/letter.ts';
import { ANSWER_MS, endBy } from '../deadline.ts';
import type { FunctionLogger } from '../logger.ts';
import { codeOf } from '../transient.ts';
import { decodeKafkaEvent, isReplay, type KafkaRecord } from './decode.ts';
import { type Effect, type Invocation, runEffect } from './effect.ts';
import { type EventRecord, eventOf, foldByOrder } from './fold.ts';
import {
  batchResponse,
  type KafkaBatchResponse,
  type Outcome,
  outcomeOfCopy,
  retry,
  type SettledRecord,
} from './outcome.ts';
import { holdMs, LETTERS_MS, RESERVE_MS, ROUNDS } from './patience.ts';
import { reportBatch } from './report.ts';
import { suspicion } from './suspicion.ts';

/** What every consumer needs beside its effect. */
export interface ConsumerPorts {
  /** The consumer group: the name under which its dead letters are kept. */
  readonly consumer: string;
  readonly writeDeadLetter: WriteDeadLetter;
  readonly logger: FunctionLogger;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** A new id on every call. */
  readonly newId: () => string;
  readonly waiting: Timing;
}

/** A Lambda function behind a Kafka event source mapping with `ReportBatchItemFailures`. */
export type KafkaHandler = (event: unknown, context: Context) => Promise<KafkaBatchResponse>;

const LETTERS_IN_FLIGHT = 10;

/**
 * A consumer of the topic `orders`: decode, parse, fold per order, effect, outcomes.
 *
 * Every record ends in exactly one outcome. What is rejected, breaks a rule or meets an exception of its own is a dead
 * letter at once; if that cannot be written, the record is delivered again, so that none is lost between the two. What
 * can't be done now is tried again, round by round, while the invocation has time; only then is it delivered again. Whose
 * own an exception is, suspicion.ts says.
 *
 * @throws {OrderlyError} `KAFKA_EVENT_INVALID` where the invocation is no Kafka event; nothing else.
 */
export function consume(effect: Effect, ports: ConsumerPorts): KafkaHandler {
  const { begin, judge } = suspicion();
  return async (event, context) => {
    ports.logger.addContext(context);
    const startedAt = ports.now();
    const records = decodeKafkaEvent(event);
    // A replay brings what has failed before, so that exceptions accuse nobody but the records; its operator hears of each.
    const judgeBatch = isReplay(event) ? (outcomes: Outcomes) => outcomes : judge;
    begin();

    const remainingMs = context.getRemainingTimeInMillis();
    const until = startedAt + remainingMs - RESERVE_MS;
    const isOver = () => ports.now() >= until;
    const signal = ports.waiting.timeout(remainingMs - LETTERS_MS - ANSWER_MS);
    // Each round has a name of its own: what an earlier one claimed, it may have begun, nobody knows with what success.
    const round = (pending: readonly KafkaRecord[]) =>
      runRound(pending, effect, { id: ports.newId(), isOver, signal });
    const { outcomes, rounds } = await inRounds(records, round, judgeBatch, { startedAt, until }, ports);
    const settled = await storeDeadLetters(
      outcomes,
      ports,
      ports.waiting.timeout(context.getRemainingTimeInMillis() - ANSWER_MS),
    );

    reportBatch(settled, { rounds, durationMs: ports.now() - startedAt }, ports.logger);
    return batchResponse(settled);
  };
}

type Outcomes = ReadonlyMap<KafkaRecord, Outcome>;

/** Rounds over the records that are to be tried again, until there are none or their time is up. */
async function inRounds(
  records: readonly KafkaRecord[],
  round: (pending: readonly KafkaRecord[]) => Promise<Outcomes>,
  judgeBatch: (outcomes: Outcomes) => Outcomes,
  time: { readonly startedAt: number; readonly until: number },
  { now, waiting }: ConsumerPorts,
): Promise<{ outcomes: Outcomes; rounds: number }> {
  let outcomes: Outcomes = new Map();
  let pending = records;
  for (let rounds = 1; ; rounds++) {
    outcomes = judgeBatch(new Map([...outcomes, ...(await round(pending))]));
    pending = records.filter((record) => outcomes.get(record)?.kind === 'retry');
    const wait = fullJitter(ROUNDS, rounds, waiting.random);
    if (pending.length === 0 || now() + wait >= endOfRounds(pending, outcomes, time))
      return { outcomes, rounds };
    await waiting.sleep(wait);
  }
}

/** Where nothing but suspicion keeps the records, an environment that keeps them sees nothing that could end it. */
function endOfRounds(
  pending: readonly KafkaRecord[],
  outcomes: Outcomes,
  { startedAt, until }: { readonly startedAt: number; readonly until: number },
): number {
  const isSuspected = (record: KafkaRecord) => {
    const outcome = outcomes.get(record);
    return outcome?.kind === 'retry' && outcome.withheld === 'suspicion';
  };
  if (!pending.every(isSuspected)) return until;
  const oldest = pending.reduce(
    (least, { timestamp }) => Math.min(least, timestamp),
    Number.POSITIVE_INFINITY,
  );
  return Math.min(until, startedAt + holdMs(startedAt - oldest));
}

async function runRound(
  records: readonly KafkaRecord[],
  effect: Effect,
  invocation: Invocation,
): Promise<Outcomes> {
  const outcomes = new Map<KafkaRecord, Outcome>();
  const events: EventRecord[] = [];
  for (const record of records) {
    const parsed = eventOf(record);
    if ('event' in parsed) events.push({ record, event: parsed.event });
    else outcomes.set(record, parsed.outcome);
  }
  for (const [{ copies }, outcome] of await runEffect(effect, foldByOrder(events), invocation)) {
    const [first, ...others] = copies;
    outcomes.set(first, outcome);
    for (const record of others) outcomes.set(record, outcomeOfCopy(outcome));
  }
  return outcomes;
}

/**
 * Writes a letter for each record that needs one; where the write fails, or isn't done when the signal aborts, the record is
 * to be delivered again.
 */
function storeDeadLetters(
  outcomes: Outcomes,
  { consumer, writeDeadLetter, now }: ConsumerPorts,
  signal: AbortSignal,
): Promise<SettledRecord[]> {
  return mapConcurrently([...outcomes], LETTERS_IN_FLIGHT, async ([record, outcome]) => {
    if (outcome.kind !== 'dead-letter') return { record, outcome };
    const { reason, error } = outcome;
    try {
      const letter = { consumer, record, reason, error };
      await endBy(signal, () => writeDeadLetter(letter, new Date(now()), signal));
      return { record, outcome };
    } catch (failure) {
      return { record, outcome: retry(`DEAD_LETTER_NOT_WRITTEN/${codeOf(failure)}`) };
    }
  });
}
