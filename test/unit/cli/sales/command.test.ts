import { expect, it } from 'vitest';
import { daysFrom, decimal } from '../../../../cli/sales/command.ts';
import { answeringProject } from '../../../support/answering-project.ts';

const part = (
  name: string,
  { orders = 0, items = 0, revenue = 0, cancellations = 0, cancelled = 0 }: Record<string, number>,
) => ({
  key: { S: '2026-03-01' },
  part: { S: name },
  ...Object.fromEntries(
    Object.entries({ orders, items, revenue, cancellations, cancelled }).map(([sum, n]) => [
      sum,
      { N: String(n) },
    ]),
  ),
});

/** A local cloud whose table of sales has these parts of sums, on every day that is asked for. */
const project = (...parts: readonly ReturnType<typeof part>[]) =>
  answeringProject((_dir, url) => ({
    '/_millrace/status': {
      engine: { awsEndpoint: url, region: 'us-east-1' },
      functions: [],
      outputs: { 'orders.SalesTable': 'sales' },
    },
    '/': { Items: parts, Count: parts.length },
  }));

const DAY = ['--from', '2026-03-01', '--to', '2026-03-01'] as const;

it('adds up the parts of a day, currency by currency, and shows amounts with its digits', async () => {
  const { orderly } = await project(
    part('EUR#0', { orders: 1, items: 2, revenue: 900 }),
    part('JPY#2', { orders: 1, items: 1, revenue: 500 }),
    part('EUR#7', { orders: 2, items: 3, revenue: 1_234, cancellations: 1, cancelled: 900 }),
  );
  const { code, output } = await orderly('sales', ...DAY);
  expect(code).toBe(0);
  expect(output.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
    ['day', 'currency', 'orders', 'items', 'revenue', 'cancellations', 'cancelled', 'net'],
    ['2026-03-01', 'EUR', '3', '5', '21.34', '1', '9.00', '12.34'],
    ['2026-03-01', 'JPY', '1', '1', '500', '0', '0', '500'],
  ]);
});

it('answers a script in minor units', async () => {
  const { orderly } = await project(part('EUR#0', { orders: 1, items: 2, revenue: 900 }));
  expect(JSON.parse((await orderly('sales', ...DAY, '--json')).output)).toEqual({
    from: '2026-03-01',
    to: '2026-03-01',
    sales: [
      {
        day: '2026-03-01',
        currency: 'EUR',
        orders: 1,
        items: 2,
        revenue: 900,
        cancellations: 0,
        cancelled: 0,
      },
    ],
  });
});

it('says where nothing is counted', async () => {
  const { orderly } = await project();
  expect((await orderly('sales', ...DAY)).output).toMatch(
    /^Nothing is counted from 2026-03-01 to 2026-03-01/,
  );
});

it.each([
  [['--from', '2026-02-30'], /a day, like 2026-03-01/],
  [['--from', 'yesterday'], /a day, like 2026-03-01/],
  [['--from', '2026-03-02', '--to', '2026-03-01'], /2026-03-02 is after 2026-03-01/],
  [['--from', '2000-01-01', '--to', '2026-03-01'], /9557 days; at most 1000/],
])('refuses %j', async (options, why) => {
  const { orderly } = await project();
  expect(await orderly('sales', ...options)).toMatchObject({ code: 2, output: expect.stringMatching(why) });
});

it('is about the last seven days unless it is told others', () => {
  const now = new Date('2026-03-03T23:59:59.999Z');
  expect(daysFrom(undefined, undefined, now)).toEqual([
    '2026-02-25',
    '2026-02-26',
    '2026-02-27',
    '2026-02-28',
    '2026-03-01',
    '2026-03-02',
    '2026-03-03',
  ]);
  expect(daysFrom('2026-03-02', undefined, now)).toEqual(['2026-03-02', '2026-03-03']);
});

it.each([
  [1_234, 2, '12.34'],
  [5, 2, '0.05'],
  [5, 0, '5'],
  [-900, 2, '-9.00'],
  [1_234, 3, '1.234'],
])('%i minor units with %i digits are %s', (minorUnits, digits, text) => {
  expect(decimal(minorUnits, digits)).toBe(text);
});
