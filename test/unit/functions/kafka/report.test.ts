import { describe, expect, it } from 'vitest';
import type { KafkaRecord } from '../../../../functions/kafka/decode.ts';
import { DONE, DUPLICATE, deadLetter, retry } from '../../../../functions/kafka/outcome.ts';
import { reportBatch } from '../../../../functions/kafka/report.ts';
import { recordedConsumer } from '../../../support/consumer.ts';

const TRACES = ['a', 'b'].map((letter) => letter.repeat(32));

function record(offset: number, traceparent?: string): KafkaRecord {
  const headers = traceparent === undefined ? [] : [['traceparent', Buffer.from(traceparent)] as const];
  const place = { topicPartition: 'orders-0', topic: 'orders', partition: 0, offset, timestamp: 1 };
  return { ...place, key: null, value: null, headers };
}
const traced = (offset: number, trace = 0) => record(offset, `00-${TRACES[trace]}-0123456789abcdef-01`);

function report(...settled: Parameters<typeof reportBatch>[0]) {
  const { ports, lines, measured } = recordedConsumer();
  reportBatch(settled, { rounds: 2, durationMs: 5 }, ports.logger);
  return { lines, measured };
}

const LETTER = deadLetter('invalid', { code: 'RECORD_REJECTED', detail: 'data.total' });

describe('reportBatch', () => {
  it('tells the traces of a batch, each once, so that an order can be followed from its request on', () => {
    const { lines } = report(
      { record: traced(0), outcome: DONE },
      { record: traced(1), outcome: DUPLICATE },
      { record: traced(2, 1), outcome: DONE },
      { record: record(3, 'nonsense'), outcome: DONE },
      { record: record(4), outcome: DONE },
    );
    expect(lines).toEqual([
      {
        message: 'batch consumed',
        fields: {
          records: 5,
          done: 4,
          duplicate: 1,
          skipped: 0,
          retry: 0,
          deadLetter: 0,
          rounds: 2,
          durationMs: 5,
          traceIds: TRACES.join(' '),
        },
      },
    ]);
  });

  it('says which trace a dead letter belongs to', () => {
    const { lines } = report({ record: traced(7), outcome: LETTER });
    expect(lines[0]).toMatchObject({
      message: 'record dead-lettered',
      fields: { offset: 7, traceId: TRACES[0] },
    });
  });

  it('measures how records ended, and dead letters by their reason', () => {
    const { measured } = report(
      { record: traced(0), outcome: DONE },
      { record: traced(1), outcome: retry('BUSY') },
      { record: traced(2), outcome: LETTER },
      { record: traced(3), outcome: LETTER },
    );
    expect(measured).toEqual([
      { measures: { Effects: 1, Duplicates: 0, Skipped: 0, Retries: 1, Withheld: 0 }, reason: undefined },
      { measures: { DeadLetters: 2 }, reason: 'invalid' },
    ]);
  });
});
