import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type DeadLetter, LETTER_REASONS } from '../../../../functions/dead-letters/letter.ts';
import { collector } from '../../../support/collector.ts';
import { envelopeOf } from '../../../support/envelopes.ts';
import { kafkaEvent, type LambdaRecord, lambdaHeader } from '../../../support/kafka-event.ts';

const base64 = fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('base64'));
const record: fc.Arbitrary<LambdaRecord> = fc.record({
  topic: fc.constantFrom('orders', 'other.topic'),
  partition: fc.nat(2),
  offset: fc.nat(1_000_000),
  timestamp: fc.nat(2_000_000_000),
  timestampType: fc.constant('CREATE_TIME' as const),
  key: fc.option(base64, { nil: null }),
  value: fc.option(base64, { nil: null }),
  headers: fc.array(lambdaHeader()),
});
const records = fc.array(record, { minLength: 1, maxLength: 4 });
const envelope = fc.oneof(
  records.map((given) => envelopeOf(given)),
  records.map((given) => envelopeOf([], { payload: JSON.stringify(kafkaEvent(given)) })),
);

/** An envelope in which one value, anywhere, is another one, or gone. */
const mutated = fc
  .tuple(envelope, fc.nat(), fc.option(fc.jsonValue(), { nil: undefined }))
  .map(([original, at, replacement]) => {
    const copy = structuredClone<unknown>(original);
    const places = placesIn(copy);
    const place = places[at % places.length];
    if (place !== undefined) place.container[place.key] = replacement;
    return Buffer.from(JSON.stringify(copy));
  });

/** An envelope of which one byte is another one, or behind which there is no more. */
const damaged = fc.tuple(envelope, fc.nat(), fc.nat(255), fc.boolean()).map(([original, at, byte, cut]) => {
  const bytes = Buffer.from(JSON.stringify(original));
  const index = at % bytes.length;
  if (cut) return bytes.subarray(0, index);
  bytes[index] = byte;
  return bytes;
});

const json = fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value)));
const message = fc.oneof(fc.uint8Array(), json, mutated, damaged);

function placesIn(value: unknown): { container: Record<string, unknown>; key: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  const container = value as Record<string, unknown>;
  return Object.keys(container).flatMap((key) => [{ container, key }, ...placesIn(container[key])]);
}

/** How many records a message holds, as far as a plain reading of it goes. */
function recordsIn(bytes: Uint8Array): number {
  try {
    const { payload } = JSON.parse(Buffer.from(bytes).toString('utf8'));
    const event = typeof payload === 'string' ? JSON.parse(payload) : payload;
    return Object.values(event.records).flat().length;
  } catch {
    return 0;
  }
}

it('becomes a letter for each record in it, or one of itself, whatever its bytes are', async () => {
  const ended = { letters: 0, raw: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        message,
        envelope.map((each) => Buffer.from(JSON.stringify(each))),
      ),
      async (bytes) => {
        const { deliver, letters } = collector();
        expect(await deliver(bytes)).toEqual([]);
        for (const { reason } of letters) expect(LETTER_REASONS).toContain(reason);
        const [raw] = letters.filter(({ consumer }) => consumer === 'dead-letters');
        if (raw === undefined) {
          expect(letters).toHaveLength(recordsIn(bytes));
          expect(letters.length).toBeGreaterThan(0);
          ended.letters += 1;
        } else {
          expect(letters).toEqual([raw]);
          expect(Buffer.from(bytes).equals(raw.record.value ?? Buffer.of())).toBe(true);
          ended.raw += 1;
        }
      },
    ),
    { numRuns: 2_000 },
  );
  // Neither way is one that no message takes.
  expect(Math.min(ended.letters, ended.raw)).toBeGreaterThan(100);
});

it('is asked for again, and alone, only where the table takes nothing of it', async () => {
  const fates = fc.array(fc.constantFrom('stored', 'refused', 'not now'), { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(message, fc.constant(null)), { maxLength: 5 }),
      fates,
      async (messages, fate) => {
        const stored: DeadLetter[] = [];
        let writes = 0;
        const writeDeadLetter = async (letter: DeadLetter) => {
          const now = fate[writes++ % fate.length];
          if (now === 'refused') throw Object.assign(new Error(), { name: 'ValidationException' });
          if (now === 'not now') throw Object.assign(new Error(), { name: 'ThrottlingException' });
          stored.push(letter);
        };
        const again = await collector({ writeDeadLetter }).deliver(...messages);
        for (const offset of messages.keys()) {
          if (again.includes(offset)) continue;
          expect(stored.map(({ source }) => source)).toContain(`orders.dead-letters-1@${offset}`);
        }
        if (fate.every((each) => each === 'stored')) expect(again).toEqual([]);
      },
    ),
    { numRuns: 500 },
  );
});
