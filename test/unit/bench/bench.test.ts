import { expect, test } from 'vitest';
import { coldTable } from '../../../bench/cold.ts';
import { consumersTable } from '../../../bench/consumers.ts';
import { inTurn } from '../../../bench/harness.ts';
import { relayTable } from '../../../bench/relay.ts';
import { describe, percentile, ratioRow, row, type Sample, spread } from '../../../bench/report.ts';
import { startTable } from '../../../bench/start.ts';
import { orderBatch, placedOrders } from '../../../bench/workloads/orders.ts';
import { decodeKafkaEvent } from '../../../functions/kafka/decode.ts';

const machine = { node: 'v24.0.0', cores: 2, loadAverage: 1 };
const contenders = { ours: 1, theirs: 2, floor: 3 };
const never = new AbortController().signal;

test('everybody is measured once a round, and is first, second and last in turn', async () => {
  const asked: string[] = [];
  const run = { rounds: 3, progress: () => undefined, interrupted: never };
  const samples = await inTurn(run, '', contenders, async (_, name) => asked.push(name));

  expect(asked.join(' ')).toBe('theirs floor ours floor ours theirs ours theirs floor');
  expect(samples).toEqual({ ours: [3, 5, 7], theirs: [1, 6, 8], floor: [2, 4, 9] });
});

test('who interrupts it waits for the contender that is being measured, and for no other', async () => {
  const interruption = new AbortController();
  const asked: string[] = [];
  const run = { rounds: 3, progress: () => undefined, interrupted: interruption.signal };
  const measured = inTurn(run, '', contenders, async (_, name) => {
    asked.push(name);
    interruption.abort(new Error('interrupted'));
  });

  await expect(measured).rejects.toThrow('interrupted');
  expect(asked).toEqual(['theirs']);
});

test('a spread is the median and the two ends, whatever the order', () => {
  expect(spread([9, 1, 5])).toEqual({ median: 5, lowest: 1, highest: 9 });
  expect(spread([7])).toEqual({ median: 7, lowest: 7, highest: 7 });
  expect(() => spread([])).toThrow(RangeError);
});

test('a percentile is the value at the nearest rank', () => {
  const values = Array.from({ length: 20 }, (_, n) => n + 1);
  expect([0, 5, 50, 95, 96, 100].map((percent) => percentile(values, percent))).toEqual([
    1, 1, 10, 19, 20, 20,
  ]);
});

test('a report has the machine, ranges where rounds differed, and who was not measured', () => {
  const ours: Sample[] = [{ rate: 2_000, batch: 100 }, { rate: 1_000 }];
  const tables = [
    {
      title: 'broker to function',
      columns: { rate: { heading: 'records/s', decimals: 0 }, batch: { heading: 'batch', decimals: 0 } },
      rows: [
        row('orderly', ours),
        row('offline plugin', []),
        row('bare loop', [{ rate: 4_000 }, { rate: 4_000 }]),
        ratioRow('orderly / offline plugin', ours, [], ['rate']),
        ratioRow('orderly / bare loop', ours, [{ rate: 4_000 }, { rate: 4_000 }], ['rate']),
      ],
    },
  ];

  expect(describe({ machine, workload: 'a million records', tables })).toMatchInlineSnapshot(`
    "Node v24.0.0, 2 cores, load average 1.00 at the end
    a million records

      broker to function          records/s            batch
      orderly                     1,000 (1,000–2,000)    100
      offline plugin              not measured
      bare loop                   4,000
        orderly / offline plugin  not measured
        orderly / bare loop       0.25 (0.25–0.50)"
  `);
});

test('each bundle is compared with two others round by round, since a machine has slow moments', () => {
  const starts = (bundleKb: number, ...loadMs: readonly number[]) =>
    loadMs.map((ms) => ({ bundleKb, loadMs: ms, cpuMs: ms / 2 }));
  const { rows } = coldTable({
    'the plain SDK client': starts(331, 50, 100, 60),
    'the usual stack, bundled as ours': starts(418, 100, 100, 240),
    shipping: starts(520, 100, 50, 120),
  });

  expect(rows.at(-1)).toEqual({
    name: 'shipping',
    figures: {
      bundleKb: { median: 520, lowest: 520, highest: 520 },
      loadMs: { median: 100, lowest: 50, highest: 120 },
      cpuMs: { median: 50, lowest: 25, highest: 60 },
      ofPlainClient: { median: 2, lowest: 0.5, highest: 2 },
      ofUsualStack: { median: 0.5, lowest: 0.5, highest: 1 },
    },
  });
});

/** A round in which the redelivery went at twice the rate and half the cost. */
function delivered(recordsPerSecond: number, cpuMsPerRecord: number) {
  return {
    fresh: { recordsPerSecond, requestsPerRecord: 3, cpuMsPerRecord },
    again: {
      recordsPerSecond: recordsPerSecond * 2,
      requestsPerRecord: 1,
      cpuMsPerRecord: cpuMsPerRecord / 2,
    },
  };
}

const inParallel = [delivered(1_000, 1), delivered(250, 2), delivered(1_000, 1)];
const inSequence = [delivered(200, 2), delivered(800, 2), delivered(200, 2)];
const shipping = {
  'shipping: orderly': [delivered(4_000, 0.1), delivered(2_000, 0.2), delivered(3_000, 0.1)],
  'shipping: Powertools in parallel': inParallel,
  'shipping: Powertools in sequence': inSequence,
  'shipping: conditional Put': [delivered(2_000, 0.2), delivered(2_000, 0.4), delivered(2_000, 0.2)],
};
const email = {
  'email: orderly': [delivered(1_000, 1)],
  'email: Powertools in parallel': [delivered(100, 1)],
  'email: Powertools in sequence': [delivered(200, 2)],
};

test('each job is compared round by round with the faster way of Powertools and with who else does it', () => {
  const tables = [
    consumersTable('MiniStack, new records', { ...shipping, ...email }, 'fresh'),
    consumersTable('MiniStack, the same records again', shipping, 'again'),
  ];

  expect(describe({ machine, workload: 'Records a round: some', tables })).toMatchInlineSnapshot(`
    "Node v24.0.0, 2 cores, load average 1.00 at the end
    Records a round: some

      MiniStack, new records              records/s            requests/record  CPU ms/record
      shipping: orderly                   3,000 (2,000–4,000)             3.00  0.100 (0.100–0.200)
      shipping: Powertools in parallel    1,000 (250–1,000)               3.00  1.000 (1.000–2.000)
      shipping: Powertools in sequence    200 (200–800)                   3.00  2.000
      shipping: conditional Put           2,000                           3.00  0.200 (0.200–0.400)
        orderly / Powertools in parallel  4.00 (3.00–8.00)                      0.100
        orderly / conditional Put         1.50 (1.00–2.00)                      0.500
      email: orderly                      1,000                           3.00  1.000
      email: Powertools in parallel       100                             3.00  1.000
      email: Powertools in sequence       200                             3.00  2.000
        orderly / Powertools in sequence  5.00                                  0.500

      MiniStack, the same records again   records/s            requests/record  CPU ms/record
      shipping: orderly                   6,000 (4,000–8,000)             1.00  0.050 (0.050–0.100)
      shipping: Powertools in parallel    2,000 (500–2,000)               1.00  0.500 (0.500–1.000)
      shipping: Powertools in sequence    400 (400–1,600)                 1.00  1.000
      shipping: conditional Put           4,000                           1.00  0.100 (0.100–0.200)
        orderly / Powertools in parallel  4.00 (3.00–8.00)                      0.100
        orderly / conditional Put         1.50 (1.00–2.00)                      0.500"
  `);
});

test('the relay is compared with the slower one of the two, and with both in turn, round by round', () => {
  const rounds = (...rates: readonly number[]) =>
    rates.map((eventsPerSecond) => ({ eventsPerSecond, cpuMsPerEvent: 0.1 }));
  const { rows } = relayTable('MiniStack', {
    relay: rounds(800, 1_000),
    'engine alone': rounds(1_000, 4_000),
    'bare producer': rounds(4_000, 1_000),
  });

  expect(rows.slice(3)).toMatchObject([
    { name: 'relay / the slower one', figures: { eventsPerSecond: { lowest: 0.8, highest: 1 } } },
    { name: 'relay / both in turn', figures: { eventsPerSecond: { lowest: 1, highest: 1.25 } } },
  ]);
});

test('a batch is valid orders of half a kilobyte, over three partitions', () => {
  const records = decodeKafkaEvent(JSON.parse(orderBatch(0, 100)));

  expect(records).toHaveLength(100);
  expect(new Set(records.map(({ topicPartition }) => topicPartition))).toEqual(
    new Set(['orders-0', 'orders-1', 'orders-2']),
  );
  for (const { value } of records) expect(value?.length).toBeGreaterThan(400);
  for (const { value } of records) expect(value?.length).toBeLessThan(600);
});

test('batches after one another share no order, and the same batch again is the same', () => {
  const idsOf = (first: number) =>
    placedOrders(JSON.parse(orderBatch(first, 100))).map(({ eventId }) => eventId);

  expect(new Set([...idsOf(0), ...idsOf(100)]).size).toBe(200);
  expect(idsOf(100)).toEqual(idsOf(100));
  expect(orderBatch(100, 100)).toBe(orderBatch(100, 100));
});

test('a start is compared with the slower of what it starts side by side, and with what it may take', () => {
  const seconds = (...rounds: readonly number[]) => rounds.map((each) => ({ seconds: each }));
  const { rows } = startTable({
    'an empty CDK app': seconds(0.5, 0.5),
    'synthesis, first': seconds(2, 2),
    'synthesis, nothing changed': seconds(1, 4),
    Kafka: seconds(2, 2),
    'orderly up --watch': seconds(4, 5),
  });

  expect(rows.slice(-2)).toMatchObject([
    { figures: { seconds: { lowest: 1.25, highest: 2 } } },
    { figures: { seconds: { lowest: 5 / 6.2, highest: 4 / 3.6 } } },
  ]);
});
