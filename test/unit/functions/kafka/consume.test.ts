import { describe, expect, it } from 'vitest';
import { consume } from '../../../../functions/kafka/consume.ts';
import type { Effect } from '../../../../functions/kafka/effect.ts';
import { DONE, type Outcome, retry } from '../../../../functions/kafka/outcome.ts';
import mskEvent from '../../../fixtures/msk-event.json' with { type: 'json' };
import { LAMBDA_CONTEXT, recordedConsumer } from '../../../support/consumer.ts';
import { kafkaEvent, kafkaEventOf, lambdaRecord } from '../../../support/kafka-event.ts';
import { anOrder, placedEvent } from '../../../support/orders.ts';

const always =
  (outcome: Outcome): Effect =>
  async (orders) =>
    new Map(orders.flatMap(({ events }) => events.map((event) => [event, outcome] as const)));

const [a, b] = [placedEvent(anOrder('a')), placedEvent(anOrder('b'))];

describe('consume', () => {
  it('answers an empty list of failures when nothing is to be delivered again', async () => {
    const { ports } = recordedConsumer();
    expect(await consume(always(DONE), ports)(kafkaEventOf([a, b]), LAMBDA_CONTEXT)).toEqual({
      batchItemFailures: [],
    });
  });

  it('names exactly the records to deliver again, as objects', async () => {
    const { ports } = recordedConsumer();
    const effect: Effect = async (orders) =>
      new Map(
        orders.flatMap(({ events }) =>
          events.map((event) => [event, event.copies[0].partition === 2 ? retry('BUSY') : DONE] as const),
        ),
      );
    const event = kafkaEvent([lambdaRecord(a, 41, 0), lambdaRecord(b, 7, 2), lambdaRecord(b, 9, 2)]);
    expect(await consume(effect, ports)(event, LAMBDA_CONTEXT)).toEqual({
      batchItemFailures: [
        { itemIdentifier: { partition: 'orders-2', offset: 7 } },
        { itemIdentifier: { partition: 'orders-2', offset: 9 } },
      ],
    });
  });

  it('counts each record of a real event once, and keeps the poison', async () => {
    const { ports, lines, letters } = recordedConsumer();
    await consume(always(DONE), ports)(mskEvent, LAMBDA_CONTEXT);
    expect(lines.find(({ message }) => message === 'batch consumed')?.fields).toMatchObject({
      records: 5,
      done: 3,
      duplicate: 0,
      skipped: 1,
      retry: 0,
      deadLetter: 1,
    });
    expect(letters).toMatchObject([
      { consumer: 'test-service', reason: 'unparseable', record: { partition: 0, offset: 44 } },
    ]);
  });

  it('takes further copies of an event for duplicates', async () => {
    const { ports, lines } = recordedConsumer();
    await consume(always(DONE), ports)(kafkaEventOf([a, b, a, a]), LAMBDA_CONTEXT);
    expect(lines.at(-1)?.fields).toMatchObject({ done: 2, duplicate: 2 });
  });

  it('delivers a record again whose dead letter could not be written, and only that one', async () => {
    const { ports } = recordedConsumer({
      writeDeadLetter: async ({ record }) => {
        if (record.offset === 44) throw new Error('no table');
      },
    });
    expect(await consume(always(DONE), ports)(mskEvent, LAMBDA_CONTEXT)).toEqual({
      batchItemFailures: [{ itemIdentifier: { partition: 'orders-0', offset: 44 } }],
    });
  });

  it('throws where the event is none of a Kafka source, so that the mapping keeps it', async () => {
    const { ports } = recordedConsumer();
    await expect(consume(always(DONE), ports)({ Records: [] }, LAMBDA_CONTEXT)).rejects.toMatchObject({
      code: 'KAFKA_EVENT_INVALID',
    });
  });
});
