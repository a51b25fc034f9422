import { expect, test } from 'vitest';
import { type ConsumerName, type ConsumerResult, RECORDS } from '../../../../bench/consumers/contract.ts';
import { describeConsumers, sectionOf } from '../../../../bench/consumers/report.ts';

/** A round in which the redelivery went at twice the rate and half the cost. */
function round(recordsPerSecond: number, cpuMsPerRecord: number): ConsumerResult {
  return {
    fresh: { recordsPerSecond, requestsPerRecord: 3, cpuMsPerRecord },
    again: {
      recordsPerSecond: recordsPerSecond * 2,
      requestsPerRecord: 1,
      cpuMsPerRecord: cpuMsPerRecord / 2,
    },
  };
}

const results = new Map<ConsumerName, readonly ConsumerResult[]>([
  ['orderly', [round(4_000, 0.1), round(2_000, 0.2), round(3_000, 0.1)]],
  ['Powertools in parallel', [round(1_000, 1), round(250, 2), round(1_000, 1)]],
  ['Powertools in sequence', [round(200, 2), round(800, 2), round(200, 2)]],
  ['conditional Put', [round(2_000, 0.2), round(2_000, 0.4), round(2_000, 0.2)]],
]);

test('ours is compared with the faster way of Powertools and with the Put, round by round', () => {
  const { comparisons } = sectionOf(results, 'fresh');

  expect(comparisons).toEqual([
    {
      rival: 'Powertools in parallel',
      recordsPerSecond: { median: 4, lowest: 3, highest: 8 },
      cpuMsPerRecord: { median: 0.1, lowest: 0.1, highest: 0.1 },
    },
    {
      rival: 'conditional Put',
      recordsPerSecond: { median: 1.5, lowest: 1, highest: 2 },
      cpuMsPerRecord: { median: 0.5, lowest: 0.5, highest: 0.5 },
    },
  ]);
});

test('the faster way of Powertools is the one with the higher median', () => {
  const swapped = new Map([
    ...results,
    ['Powertools in parallel', results.get('Powertools in sequence') ?? []] as const,
    ['Powertools in sequence', results.get('Powertools in parallel') ?? []] as const,
  ]);

  expect(sectionOf(swapped, 'fresh').comparisons[0]?.rival).toBe('Powertools in sequence');
});

test('a redelivery has figures of its own', () => {
  const { contenders } = sectionOf(results, 'again');

  expect(contenders[0]).toEqual({
    name: 'orderly',
    figures: {
      recordsPerSecond: { median: 6_000, lowest: 4_000, highest: 8_000 },
      requestsPerRecord: { median: 1, lowest: 1, highest: 1 },
      cpuMsPerRecord: { median: 0.05, lowest: 0.05, highest: 0.1 },
    },
  });
});

test('the report is a table for each engine and delivery', () => {
  const section = { engine: 'DynamoDB Local', job: 'shipping' } as const;
  const text = describeConsumers({
    machine: { node: 'v24.0.0', cores: 2, loadAverage: 1 },
    batchSize: 100,
    records: RECORDS,
    sections: [
      { ...section, delivery: 'fresh', ...sectionOf(results, 'fresh') },
      { ...section, delivery: 'again', ...sectionOf(results, 'again') },
    ],
  });

  expect(text).toMatchInlineSnapshot(`
    "Node v24.0.0, 2 cores, load average 1.00 at the end
    Records a round, in batches of 100: orderly 10,000, Powertools in parallel 2,000, Powertools in sequence 2,000, conditional Put 5,000

      DynamoDB Local, new records         records/s            requests/record  CPU ms/record
      shipping: orderly                   3,000 (2,000–4,000)             3.00  0.100 (0.100–0.200)
      shipping: Powertools in parallel    1,000 (250–1,000)               3.00  1.000 (1.000–2.000)
      shipping: Powertools in sequence    200 (200–800)                   3.00  2.000 (2.000–2.000)
      shipping: conditional Put           2,000 (2,000–2,000)             3.00  0.200 (0.200–0.400)
        orderly / Powertools in parallel  4.00 (3.00–8.00)                      0.100 (0.100–0.100)
        orderly / conditional Put         1.50 (1.00–2.00)                      0.500 (0.500–0.500)

      DynamoDB Local, the same records again  records/s            requests/record  CPU ms/record
      shipping: orderly                       6,000 (4,000–8,000)             1.00  0.050 (0.050–0.100)
      shipping: Powertools in parallel        2,000 (500–2,000)               1.00  0.500 (0.500–1.000)
      shipping: Powertools in sequence        400 (400–1,600)                 1.00  1.000 (1.000–1.000)
      shipping: conditional Put               4,000 (4,000–4,000)             1.00  0.100 (0.100–0.200)
        orderly / Powertools in parallel      4.00 (3.00–8.00)                      0.100 (0.100–0.100)
        orderly / conditional Put             1.50 (1.00–2.00)                      0.500 (0.500–0.500)"
  `);
});
