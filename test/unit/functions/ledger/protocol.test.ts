/**
 * A model of the protocol: two and three deliveries of one batch at once, every request of theirs a step, every
 * interleaving of the steps, and at every step what can go wrong there. It runs production's `actOnce` and
 * `shippingEffect` and their adapters, down to the requests to DynamoDB, whose twin is the simulator's; only the clock and the
 * provider are the model's.
 *
 * A request may be refused, be carried out and its answer be lost, be sent twice, or be given up by its caller and carried
 * out later. A process may crash before and after each request, or be frozen there while time passes. Leases run out
 * wherever the clock can stand: a request takes as long as it may, and no longer unless its process is frozen. In the
 * end comes one more delivery without a fault, after which the effect is counted.
 *
 * What it leaves out: clocks that differ between processes, and rows that are deleted (their TTL is 90 days).
 */
import { describe, expect, it } from 'vitest';
import { putItems } from '../../../../functions/dynamodb.ts';
import { explore, type Findings } from './protocol/explorer.ts';
import {
  type MailOptions as AllMailOptions,
  mailModel,
  mutants,
  shipmentModel,
} from './protocol/mails-and-shipments.ts';
import type { Budget, Fault } from './protocol/model.ts';

type MailOptions = Partial<AllMailOptions>;

/** Fewest and most times that an effect happened, and whether the ledger always knew of it in the end. */
function range({ outcomes }: Findings): string {
  const ends = [...outcomes.keys()].map((outcome) => outcome.split(', '));
  const times = ends.flatMap(([counts]) => counts?.split(',').map(Number) ?? []);
  const marked = ends.every((end) => !end.some((part) => part.endsWith('not marked')));
  return `${Math.min(...times)}..${Math.max(...times)}${marked ? '' : ', not always marked'}`;
}

const mails = (options: MailOptions, budget: Budget) => explore(mailModel(options), budget);

const THREE: MailOptions = { deliveries: 3, rounds: 1 };
const SLOW: MailOptions = { slowAnswers: true };
const OTHER: Budget = { 'any other': 1 };

/** The named cases, in which a mail may go out twice. */
const NAMED = ['crash before the mark', 'answer lost', 'answer untrue', 'frozen', 'not marked'] as const;

/** Some searches take seconds, and much longer on a busy machine. */
const patience = { timeout: 120_000 };

describe('a mail, by how often it goes out', patience, () => {
  it.each<[string, string, MailOptions, Budget]>([
    ['1..1', 'two deliveries at once', {}, {}],
    ['1..1', 'three deliveries at once', { deliveries: 3 }, {}],
    ['1..1', 'two deliveries, slow answers, and a fault that is none of the named', SLOW, OTHER],
    ['1..1', 'three deliveries, slow answers, and such a fault', { ...SLOW, ...THREE }, OTHER],
    ['1..1', 'two mails in a batch, and such a fault', { mails: 2, rounds: 1 }, OTHER],
    ['1..2', 'a crash after a send and before its mark', {}, { 'crash before the mark': 1 }],
    ['1..2', 'a send whose answer is lost', {}, { 'answer lost': 1 }],
    [
      '0..1, not always marked',
      'the same, as long as its claim is held back',
      { clock: false },
      { 'answer lost': 1 },
    ],
    ['1..2', 'a send that is answered with a failure', {}, { 'answer untrue': 1 }],
    ['1..2', 'a process that is frozen in a send or in its mark', {}, { frozen: 1 }],
    ['1..2', 'a mark that could not be written', {}, { 'not marked': 1 }],
    ['1..2', 'a frozen process, and a crash in another', {}, { frozen: 1, 'crash before the mark': 1 }],
  ])('%s: %s', async (expected, _name, options, budget) => {
    expect(range(await mails(options, budget))).toBe(expected);
  });

  it('1..1: two deliveries, and two faults that are none of the named, in tens of millions of schedules', async () => {
    const findings = await mails({}, { 'any other': 2 });
    expect(range(findings)).toBe('1..1');
    expect(findings.schedules).toBeGreaterThan(20_000_000);
    expect(findings.states).toBeGreaterThan(20_000);
  });

  it.each(NAMED)('1..2: %s, and any other fault, in two and in three deliveries', async (fault) => {
    const budget: Budget = { [fault]: 1, ...OTHER };
    expect(range(await mails({}, budget))).toBe('1..2');
    expect(range(await mails(THREE, budget))).toBe('1..2');
  });

  it('1..3: two of the named cases, whichever, cost two more at most', async () => {
    const most = new Set<string>();
    for (const [index, one] of NAMED.entries()) {
      for (const other of NAMED.slice(index)) {
        const budget: Budget = one === other ? { [one]: 2 } : { [one]: 1, [other]: 1 };
        most.add(range(await mails({}, budget)));
      }
    }
    expect([...most].sort()).toEqual(['1..2', '1..3']);
  });
});

describe('the shortest way to a second mail', () => {
  it.each<[Fault, string[]]>([
    ['crash before the mark', ['A begins', "A's INSERT", 'A crashes after its act', 'one more delivery']],
    [
      'answer lost',
      [
        'A begins',
        "A's INSERT",
        "A's act happens, and its answer is lost",
        "A's UPDATE",
        'one more delivery',
      ],
    ],
    [
      'answer untrue',
      [
        'A begins',
        "A's INSERT",
        "A's act happens, and is answered with a failure",
        "A's UPDATE",
        'one more delivery',
      ],
    ],
    [
      'frozen',
      [
        'A begins',
        "A's INSERT",
        "A's act",
        'A is frozen in its BatchWriteItem',
        '60 s pass',
        'B begins',
        "B's INSERT",
        "B's BatchGetItem",
        "B's UPDATE",
        "A's BatchWriteItem",
        "B's act",
        "B's BatchWriteItem",
        'one more delivery',
      ],
    ],
    [
      'not marked',
      ['A begins', "A's INSERT", "A's act", "A's BatchWriteItem is refused for now", 'one more delivery'],
    ],
  ])('%s', async (fault, schedule) => {
    expect((await mails({}, { [fault]: 1 })).outcomes.get('2')).toEqual(schedule);
  });
});

describe('a shipment, by how often it gets its label', patience, () => {
  it.each([
    [['P', 'P'], 3],
    [['P', 'P', 'P'], 1],
    [['P', 'Q'], 3],
  ] as const)('1..1: %j at once, and faults anywhere, %i at most', async (brought, faults) => {
    expect(range(await explore(shipmentModel(brought), { 'any other': faults }))).toBe('1..1');
  });

  it.each([
    [['P', 'C'], 3],
    [['PC', 'CP'], 3],
    [['P', 'P', 'C'], 1],
    [['P', 'C', 'CP'], 1],
  ] as const)(
    '1..1, and it ends the same: %j at once, and faults anywhere, %i at most',
    async (brought, faults) => {
      const straight = await explore(shipmentModel(['PC']), {});
      const findings = await explore(shipmentModel(brought), { 'any other': faults });
      expect([...findings.outcomes.keys()]).toEqual([...straight.outcomes.keys()]);
      expect(range(findings)).toBe('1..1');
    },
  );
});

describe('the proof that this can fail: a protocol that', patience, () => {
  it.each<[string, string, MailOptions, Budget]>([
    ['claims whatever stands there', '1..3', {}, {}],
    ['takes every lease for past', '1..2', {}, {}],
    ['takes over and gives back whatever stands there', '1..2', {}, { 'any other': 1 }],
    ['acts under its own old claim', '1..2', {}, { 'any other': 1 }],
    ['gives back by settling', '0..1', {}, { 'any other': 1 }],
    ['gives back by deleting what stands there', '1..2', { deliveries: 1 }, { 'any other': 2 }],
    ['leaves no time for the mark', '1..2', { rounds: 1 }, { 'any other': 2 }],
    ['gives back what it should hold back', '1..2', { clock: false }, { 'answer lost': 1 }],
    ['marks only while the claim is its own', '1..3', {}, { frozen: 1, 'crash before the mark': 1 }],
  ])('%s: %s', async (name, expected, options, budget) => {
    expect(range(await mails({ ...options, ...mutants[name] }, budget))).toBe(expected);
  });

  it('has no mutant that is not caught here', () => {
    expect(Object.keys(mutants)).toHaveLength(9);
  });

  it('prints a label whatever stands there: 1..3', async () => {
    const unconditional = shipmentModel(['P', 'P'], (_right, table) => ({
      insert: async (items) => {
        await putItems(table, items);
        return new Map(items.map((item) => [item.orderId?.S ?? '', { kind: 'inserted' }]));
      },
    }));
    expect(range(await explore(unconditional, {}))).toBe('1..3');
  });
});
