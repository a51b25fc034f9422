import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect } from '../../../../functions/dead-letters/collect.ts';
import { decodeKafkaEvent } from '../../../../functions/kafka/decode.ts';
import { consumer, email, LAMBDA_CONTEXT, shipping } from '../../../support/consumer.ts';
import { envelopeOf } from '../../../support/envelopes.ts';
import { kafkaEvent, type LambdaRecord, lambdaHeader, lambdaRecord } from '../../../support/kafka-event.ts';
import { anOrder, placedEvent } from '../../../support/orders.ts';

const base64 = fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('base64'));
const placed = placedEvent(anOrder('odd'));

/** A record of any producer, in the shape that Lambda gives it: no key, no value, any timestamp, headers of any kind. */
const foreign: fc.Arbitrary<LambdaRecord> = fc.record(
  {
    topic: fc.constant('orders'),
    partition: fc.constantFrom(0, 1),
    offset: fc.constant(0),
    timestamp: fc.oneof(fc.constantFrom(-1, 0, 2 ** 63), fc.nat()),
    timestampType: fc.constantFrom('CREATE_TIME' as const, 'LOG_APPEND_TIME' as const),
    key: fc.option(base64),
    value: fc.option(base64),
    headers: fc.array(lambdaHeader(), { maxLength: 4 }),
  },
  { requiredKeys: ['topic', 'partition', 'offset', 'timestamp', 'timestampType', 'headers'] },
);

/** An order's event with headers of somebody else's among its own. */
const decorated = fc
  .tuple(fc.array(lambdaHeader(), { maxLength: 4 }), fc.nat(8))
  .map(([others, at]): LambdaRecord => {
    const record = lambdaRecord(placed, 0);
    return { ...record, headers: record.headers.toSpliced(at, 0, ...others) };
  });

const batches = fc
  .array(fc.oneof(foreign, decorated), { minLength: 1, maxLength: 6 })
  .map((records) => records.map((record, offset) => ({ ...record, offset })));

/** Each function behind a topic, and a record that has done nothing wrong; `effects` is how often it got what it is there for. */
const consumers = {
  shipping: { over: shipping, neighbour: lambdaRecord(placedEvent(anOrder('neighbour')), 1_000) },
  email: { over: email, neighbour: lambdaRecord(placedEvent(anOrder('neighbour')), 1_000) },
  collector: {
    over: () => {
      const groups = new Map([['the-email-function', 'email-service']]);
      const collector = consumer((ports) => collect({ ...ports, groups }));
      const effects = () => collector.letters.filter((letter) => letter.consumer === 'email-service').length;
      return { ...collector, effects };
    },
    neighbour: {
      ...lambdaRecord(placed, 1_000),
      value: Buffer.from(JSON.stringify(envelopeOf([lambdaRecord(placed, 7)]))).toString('base64'),
    },
  },
};

describe.each(Object.entries(consumers))(
  'whatever stands on the topic of %s',
  (_name, { over, neighbour }) => {
    it('costs no neighbour anything, and what is given up is kept byte for byte', async () => {
      await fc.assert(
        fc.asyncProperty(batches, async (odd) => {
          const { handler, effects, letters, ports } = over();
          const event = kafkaEvent([...odd, neighbour]);
          const [{ batchItemFailures }, decoded] = [
            await handler(event, LAMBDA_CONTEXT),
            decodeKafkaEvent(event),
          ];

          expect(batchItemFailures).toEqual([]);
          expect(effects()).toBeGreaterThan(0);
          for (const { record } of letters.filter((letter) => letter.consumer === ports.consumer)) {
            expect(decoded).toContainEqual(record);
            const given = odd.find(({ offset }) => offset === record.offset);
            expect(
              record.headers.map(([name, bytes]) => ({ [name]: bytes && [...new Int8Array(bytes)] })),
            ).toEqual(given?.headers);
          }
        }),
        { numRuns: 100 },
      );
    });
  },
);
