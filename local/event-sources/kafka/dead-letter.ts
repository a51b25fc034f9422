import { z } from 'zod';
import type { GiveUp, GiveUpReason, Slice } from '../delivery/state.ts';
import type { Emulation } from './emulation.ts';
import { type EventEnvelope, type KafkaRecord, kafkaEvent } from './event.ts';

/** A message for the on-failure destination. */
export interface DeadLetter {
  readonly key: Buffer | null;
  /** JSON. */
  readonly value: string;
  /** The records it tells of. */
  readonly slices: readonly Slice<KafkaRecord>[];
}

export interface DeadLetterFacts {
  /** Without version. */
  readonly functionArn: string;
  readonly envelope: EventEnvelope;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Stands in for an invocation's request id where there was none, and for Lambda's own message keys. */
  readonly newId: () => string;
}

/**
 * The dead letters of records that are given up.
 *
 * `per-record` is the form that AWS documents for a Kafka topic
 * (https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure-destination.html), spelling included. `per-group` has the
 * spelling and the `recordsInfo` that AWS documents for its other destinations, as one author saw it on AWS. Not
 * documented: `RecordAgeExceeded` for Kafka (it is what stream mappings say), and `responseContext` without
 * `functionError` after a response that named batch item failures.
 */
export function deadLetters(
  giveUp: GiveUp<KafkaRecord>,
  emulation: Pick<Emulation, 'deadLetters'>,
  facts: DeadLetterFacts,
): DeadLetter[] {
  const requestId = giveUp.lastResult?.requestId ?? facts.newId();
  const letter = (
    slices: readonly Slice<KafkaRecord>[],
    key: Buffer | null,
    info: Record<string, unknown>,
  ): DeadLetter => {
    const payload = kafkaEvent(facts.envelope, slices);
    const head = JSON.stringify({
      requestContext: {
        requestId,
        functionArn: `${facts.functionArn}:$LATEST`,
        condition: CONDITIONS[emulation.deadLetters][giveUp.reason],
        approximateInvokeCount: giveUp.invocations,
      },
      responseContext:
        giveUp.lastResult === undefined
          ? null
          : {
              statusCode: 200,
              executedVersion: '$LATEST',
              ...(giveUp.lastResult.functionError && { functionError: 'Unhandled' }),
            },
      version: '1.0',
      timestamp: iso(facts.now),
      KafkaBatchInfo: {
        batchSize: slices.reduce((sum, { records }) => sum + records.length, 0),
        eventSourceArn: facts.envelope.eventSourceArn,
        bootstrapServers: facts.envelope.bootstrapServers,
        payloadSize: Buffer.byteLength(payload),
        ...info,
      },
    });
    return { key, slices, value: `${head.slice(0, -1)},"payload":${payload}}` };
  };

  switch (emulation.deadLetters) {
    case 'per-record':
      return giveUp.slices.flatMap((slice) =>
        slice.records.map((record) =>
          letter([{ ...slice, records: [record] }], keyOf(record), {
            recordInfo: { offset: String(record.offset), timestamp: iso(record.timestamp) },
          }),
        ),
      );
    case 'per-group': {
      const recordsInfo = Object.fromEntries(giveUp.slices.map((slice) => [slice.partition, rangeOf(slice)]));
      return [letter(giveUp.slices, Buffer.from(facts.newId()), { recordsInfo })];
    }
  }
}

const CONDITIONS: Readonly<Record<Emulation['deadLetters'], Readonly<Record<GiveUpReason, string>>>> = {
  'per-record': {
    'retries-exhausted': 'RetriesExhausted',
    'record-too-old': 'RecordAgeExceeded',
    'payload-too-large': 'MaximumPayloadSizeExceeded',
  },
  'per-group': {
    'retries-exhausted': 'RetryAttemptsExhausted',
    'record-too-old': 'RecordAgeExceeded',
    'payload-too-large': 'MaximumPayloadSizeExceeded',
  },
};

function rangeOf({ records }: Slice<KafkaRecord>) {
  const [first, last] = [records[0], records.at(-1)];
  return {
    firstRecordOffset: String(first?.offset),
    lastRecordOffset: String(last?.offset),
    firstRecordTimestamp: iso(first?.timestamp ?? 0),
    lastRecordTimestamp: iso(last?.timestamp ?? 0),
  };
}

const keyed = z.object({ key: z.base64().optional() });

/** Read from what was rendered: keeping the key beside it would keep the whole fetch in memory. */
function keyOf({ json }: KafkaRecord): Buffer | null {
  const { key } = keyed.parse(JSON.parse(json));
  return key === undefined ? null : Buffer.from(key, 'base64');
}

/** The Gregorian calendar repeats itself after 400 years. */
const ERA = { years: 400, ms: 146_097 * 86_400_000 };

/**
 * A time with its year as Java's `Instant` writes it, for any number of milliseconds that a record may have: producers make up timestamps,
 * in nanoseconds for example, that are outside of what a `Date` can be.
 */
function iso(epochMs: number): string {
  const eras = Math.floor(epochMs / ERA.ms);
  const [, month] = new Date(epochMs - eras * ERA.ms).toISOString().split(/^\d+/);
  const year = new Date(epochMs - eras * ERA.ms).getUTCFullYear() + eras * ERA.years;
  const digits = String(Math.abs(year)).padStart(4, '0');
  return `${year < 0 ? '-' : year > 9999 ? '+' : ''}${digits}${month}`;
}
