import { expect, it } from 'vitest';
import { probeHandler, type Seen } from '../../../../functions/probe/probe.ts';

const header = (name: string, text: string) => ({ [name]: [...new Int8Array(Buffer.from(text))] });
const record = (offset: number, value: unknown, type = 'orderly.probe') => ({
  offset,
  value: Buffer.from(JSON.stringify(value)).toString('base64'),
  headers: [header('ce_type', type), header('probe-bytes', 'ë')],
});
const probe = (n: number, ...script: readonly string[]) => record(n + 10, { run: 'r', case: 'c', n, script });

function consumer() {
  const attempts = new Map<number, number>();
  const noted: Seen[] = [];
  const handle = probeHandler({
    async attempt({ n }) {
      attempts.set(n, (attempts.get(n) ?? 0) + 1);
      return attempts.get(n) ?? 1;
    },
    note: async (seen) => {
      noted.push(seen);
    },
    now: () => new Date(0),
    exit: () => {
      throw new Error('exited');
    },
  });
  const deliver = (...records: readonly object[]) =>
    handle({ eventSource: 'aws:kafka', records: { 'orders-1': records } }, 'request');
  return { noted, deliver };
}

const failures = (...offsets: readonly number[]) => ({
  batchItemFailures: offsets.map((offset) => ({ itemIdentifier: { partition: 'orders-1', offset } })),
});

it('names what wants to fail, attempt by attempt; the last word of a script stands', async () => {
  const { deliver } = consumer();
  const batch = [probe(0, 'ok'), probe(1, 'fail', 'ok'), probe(2, 'fail')];
  expect(await deliver(...batch)).toEqual(failures(11, 12));
  expect(await deliver(...batch)).toEqual(failures(12));
  expect(await deliver(...batch)).toEqual(failures(12));
});

it('writes down what it was given before it fails', async () => {
  const { deliver, noted } = consumer();
  await expect(deliver(probe(0, 'ok'), probe(1, 'throw'))).rejects.toThrow('a probe wants an error');
  expect(noted).toEqual([
    {
      run: 'r',
      case: 'c',
      requestId: 'request',
      at: '1970-01-01T00:00:00.000Z',
      fields: ['eventSource', 'records'],
      records: [
        { n: 0, offset: 10, attempt: 1, bytes: [-61, -85] },
        { n: 1, offset: 11, attempt: 1, bytes: [-61, -85] },
      ],
    },
  ]);
});

it('ends its process where a record wants that, after it has written down what it was given', async () => {
  const { deliver, noted } = consumer();
  await expect(deliver(probe(0, 'throw'), probe(1, 'exit'))).rejects.toThrow('exited');
  expect(noted).toHaveLength(1);
});

it('answers with no identifier where a record wants that', async () => {
  const { deliver } = consumer();
  expect(await deliver(probe(0, 'malformed'))).toEqual({
    batchItemFailures: [{ itemIdentifier: 'no identifier' }],
  });
});

it('passes over every record that is no probe', async () => {
  const { deliver, noted } = consumer();
  const order = record(1, { orderId: 'ord_1' }, 'OrderPlaced');
  expect(await deliver(order, { offset: 2, value: null, headers: [] }, { offset: 3 })).toEqual(failures());
  expect(noted).toEqual([]);
});
