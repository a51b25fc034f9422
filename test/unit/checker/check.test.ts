import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { check, INVARIANTS, type InvariantId, PROMISES } from '../../checker/check.ts';
import type { Observation, State, Step } from '../../checker/observation.ts';
import { fromOutside, idOf, soundObservation, within } from './sound-observation.ts';

type Sound = ReturnType<typeof soundObservation>;
type Tamper = (sound: Sound) => Observation;

/** The same observation with another end; the topic was then read again, and nothing changed. */
const ending =
  (change: (end: State) => Partial<State>) =>
  (sound: Sound): Sound => {
    const end = { ...sound.end, ...change(sound.end) };
    return { ...sound, end, reread: end };
  };
const rereading =
  (change: (reread: State) => Partial<State>) =>
  (sound: Sound): Sound => ({ ...sound, reread: { ...sound.reread, ...change(sound.reread) } });
const pausing =
  (change: (pause: State) => Partial<State>) =>
  (sound: Sound): Sound => ({
    ...sound,
    pauses: sound.pauses.map((pause) => ({ ...pause, ...change(pause) })),
  });

/** With steps added, or another one in the place of each. */
const stepping =
  (change: (steps: readonly Step[]) => readonly Step[]) =>
  (sound: Sound): Sound => ({
    ...sound,
    schedule: { ...sound.schedule, steps: change(sound.schedule.steps) },
  });
const after = (...more: readonly Step[]) => stepping((steps) => [...steps, ...more]);
const before = (...more: readonly Step[]) => stepping((steps) => [...more, ...steps]);

const base64 = (text: string) => Buffer.from(text).toString('base64');
const isOf = (n: number) => (one: { readonly orderId: string }) => one.orderId === idOf(n);
const isAt = (place: string) => (one: { readonly partition: number; readonly offset: number }) =>
  `${one.partition}@${one.offset}` === place;
const without = <T>(all: readonly T[], is: (one: T) => boolean) => all.filter((one) => !is(one));
const changed = <T>(all: readonly T[], is: (one: T) => boolean, change: Partial<T>) =>
  all.map((one) => (is(one) ? { ...one, ...change } : one));

/** Each breaks one invariant, and nothing else. */
const TAMPERED: Readonly<Record<InvariantId, Readonly<Record<string, Tamper>>>> = {
  I1: {
    'an order without an event in outbox or topic': pausing(() => ({ outbox: [] })),
    'an event whose order is not there': pausing(({ orders }) => ({ orders: without(orders, isOf(3)) })),
    'an order that is cancelled without its event': pausing(({ orders }) => ({
      orders: changed(orders, isOf(1), { status: 'CANCELLED' }),
    })),
    'an order that was written before its outbox row': after({
      at: 900,
      what: 'order written',
      eventId: `${idOf(1)}.1`,
      by: 'checkout',
    }),
  },
  I2: {
    'a 2xx for an order that no record tells of': (sound) => ({
      ...sound,
      exchanges: [
        ...sound.exchanges,
        {
          kind: 'place',
          customerId: 'customer-9',
          content: '{}',
          status: 201,
          orderId: idOf(9),
          answer: '{}',
        },
      ],
    }),
    'a 2xx for a cancellation that no record tells of': (sound) => ({
      ...sound,
      exchanges: [
        ...sound.exchanges,
        {
          kind: 'cancel',
          customerId: 'customer-1',
          content: '',
          status: 200,
          orderId: idOf(1),
          answer: '{}',
        },
      ],
    }),
    'a row that left the outbox before its event was on the topic': before({
      at: 150,
      what: 'row deleted',
      eventId: `${idOf(1)}.1`,
      by: 'relay',
    }),
  },
  I3: {
    'an event of a request that was refused': (sound) => ({
      ...sound,
      exchanges: changed(sound.exchanges, ({ customerId }) => customerId === 'customer-1', { status: 400 }),
    }),
    'an event that says otherwise than what was asked': (sound) => ({
      ...sound,
      exchanges: changed(sound.exchanges, ({ customerId }) => customerId === 'customer-1', {
        content: '{"email": "somebody else"}',
        answer: '{"email": "somebody else"}',
      }),
    }),
    'a cancellation that nobody asked for': (sound) => ({
      ...sound,
      exchanges: without(sound.exchanges, ({ kind }) => kind === 'cancel'),
    }),
  },
  I4: {
    'two orders for one customer and key': (sound) => ({
      ...sound,
      exchanges: sound.exchanges.flatMap((exchange) =>
        exchange.orderId === idOf(1) ? [exchange, { ...exchange, orderId: idOf(3) }] : [exchange],
      ),
    }),
    'an answer about another order than was asked for': (sound) => ({
      ...sound,
      exchanges: changed(sound.exchanges, ({ customerId }) => customerId === 'customer-1', { answer: '{}' }),
    }),
    'another answer to the same request': (sound) => ({
      ...sound,
      exchanges: sound.exchanges.flatMap((exchange) =>
        exchange.kind === 'place' && exchange.orderId === idOf(2)
          ? [exchange, { ...exchange, answer: exchange.answer?.replace('PLACED', 'CANCELLED') }]
          : [exchange],
      ),
    }),
  },
  I5: {
    'a copy with other bytes': ending(({ topic, letters }) => ({
      topic: changed(topic, isAt('2@1'), { key: base64('another') }),
      letters,
    })),
    'a copy whose headers stand in another order': ending(({ topic }) => ({
      topic: topic.map((record) =>
        isAt('2@1')(record) ? { ...record, headers: record.headers.toReversed() } : record,
      ),
    })),
  },
  I6: {
    'an order on two partitions': ending(({ topic }) => ({
      topic: changed(topic, isAt('1@1'), { partition: 2, offset: 2 }),
    })),
    'a cancellation before its placement': ending(({ topic }) => ({
      topic: topic.map((record) =>
        record.partition === 1 ? { ...record, offset: 1 - record.offset } : record,
      ),
    })),
  },
  I7: {
    'a shipment of an order that nobody placed': ending(({ shipments }) => ({
      shipments: [...shipments, ...shipments.slice(0, 1).map(astray)],
    })),
    'a mail that went to somebody else': ending(({ mails }) => ({
      mails: changed(mails, ({ eventId }) => eventId === `${idOf(1)}.1`, { to: 'x@example.com' }),
    })),
    'a second mail, although the first was marked as sent': (sound) => ({
      ...sound,
      marks: [...sound.marks, { eventId: `${idOf(2)}.1`, process: '7', at: 1_500 }],
    }),
    'a second mail that no fault explains': (sound) => ({
      ...ending(({ mails }) => ({ mails: mails.map((mail) => ({ ...mail, isAnswered: true })) }))(sound),
      marks: [],
    }),
    'a mail that was suppressed, and its placement was not given up': ending(({ mails }) => ({
      mails: without(mails, ({ eventId }) => eventId.startsWith(idOf(2))),
      suppressed: [idOf(2)],
    })),
    'a mail that is marked as sent before it is out': (sound) => ({
      ...sound,
      marks: changed(sound.marks, ({ eventId }) => eventId === `${idOf(1)}.1`, { at: 400 }),
    }),
    'a crash that cost more than what was under way': (sound) => {
      const mails = sound.end.mails.slice(0, 1);
      const eleven = Array.from({ length: 11 }, (_, n) => ({ at: 1_000 + n }));
      const end = {
        ...sound.end,
        mails: [...sound.end.mails, ...eleven.flatMap(({ at }) => changed(mails, () => true, { at }))],
      };
      return { ...sound, marks: [], stops: [{ process: '7', from: 700, to: undefined }], end, reread: end };
    },
    'a label that was made twice': stepping((steps) => [
      ...steps,
      ...steps.filter(isWritten).map((step) => ({ ...step, before: step.after })),
    ]),
    'a cancelled shipment that came back': stepping((steps) => [
      ...steps,
      ...steps.filter(isWritten).map((step) => ({
        ...step,
        before: { ...step.after, status: 'CANCELLED', content: undefined },
        after: { ...step.after, status: 'LABEL_CREATED' },
      })),
    ]),
    'a claim that was taken within its lease': stepping((steps) => {
      const claim = { status: 'CLAIMED', owner: 'one', leaseUntil: 60_000 };
      const change = { before: claim, after: { ...claim, owner: 'other' } };
      return [{ at: 100, what: 'claim written', eventId: 'ord_9.1', by: 'email', ...change }, ...steps];
    }),
    'a mail that was tried again at once after a lost answer': after(
      ...[1_000, 2_000].map(
        (at): Step => ({ at, what: 'mail tried', eventId: 'ord_9.1', by: 'email', isAnswered: false }),
      ),
    ),
    'a cancellation that was confirmed before its thank-you': stepping((steps) =>
      steps.toSorted((one, other) => rankOf(other) - rankOf(one)),
    ),
  },
  I8: {
    'a shipment of a cancelled order': ending(({ shipments, positions }) => ({
      shipments: changed(shipments, isOf(2), { status: 'LABEL_CREATED' }),
      // Whoever has passed the cancellation without its effect breaks I12 too.
      positions: changed(
        positions,
        ({ group, partition }) => group === 'shipping-service' && partition === 1,
        {
          committed: 0,
          end: 0,
        },
      ),
    })),
    'a shipment of something else than what was ordered': ending(({ shipments }) => ({
      shipments: changed(shipments, isOf(1), { content: '[]' }),
    })),
  },
  I9: {
    'a letter of a mail that nobody refuses': ending(({ letters }) => ({
      letters: [...letters, ...changed(letters.slice(0, 1), () => true, { offset: 0, reason: 'refused' })],
    })),
    'a letter with other bytes': ending(({ letters }) => ({
      letters: changed(letters, isAt('0@1'), { value: base64('}') }),
    })),
    'a letter for another reason': ending(({ letters }) => ({
      letters: changed(letters, isAt('0@1'), { reason: 'invalid' }),
    })),
    'a letter twice': ending(({ letters }) => ({
      letters: [...letters, ...letters.filter(isAt('0@1')).slice(0, 1)],
    })),
    'a letter for a healthy record': ending(({ letters }) => ({
      letters: [...letters, ...changed(letters.slice(0, 1), () => true, { partition: 1 })],
    })),
    'a letter of a record that is nowhere': ending(({ letters }) => ({
      letters: [...letters, ...changed(letters.slice(0, 1), () => true, { offset: 99 })],
    })),
    'a letter that was given up by Lambda, and not replayed': ending(({ letters }) => ({
      letters: changed(letters, isAt('2@0'), { status: 'OPEN' }),
    })),
  },
  I10: {
    'a group that stands before poison': ending(({ positions }) => ({
      positions: changed(positions, isFirst, { committed: 1 }),
    })),
    'a record that was given up within the outage that the deployed retries bear': (sound) => ({
      ...sound,
      retryAttempts: 45,
    }),
  },
  I11: {
    'a shipment that reading again brought back': rereading(({ shipments }) => ({
      shipments: changed(shipments, isOf(1), { status: 'CANCELLED' }),
    })),
    'a mail that reading again sent again': rereading(({ mails }) => ({
      mails: [...mails, ...changed(mails.slice(0, 1), () => true, { at: 9_000 })],
    })),
    'a second mail that a replay sent': ending(({ mails }) => ({
      mails: [...mails, ...changed(mails.slice(0, 1), () => true, { at: 9_000, isReplayed: true })],
    })),
    'a letter that reading again made': rereading(({ letters }) => ({
      letters: [...letters, ...changed(letters.slice(0, 1), () => true, { partition: 1, offset: 0 })],
    })),
  },
  I12: {
    'a group that has passed an event without its mail': pausing(({ mails }) => ({
      mails: without(mails, ({ eventId }) => eventId === `${idOf(1)}.1`),
    })),
    'a group that has passed an event without its shipment': pausing(({ shipments }) => ({
      shipments: without(shipments, isOf(1)),
    })),
    'a group that has passed poison without its letter': pausing(({ letters }) => ({
      letters: without(letters, ({ consumer }) => consumer === 'email-service'),
    })),
    'a collector that has passed a message without its letter': pausing(({ positions }) => ({
      givenUp: [
        { consumer: 'shipping-service', partition: 0, offset: 0, message: { partition: 1, offset: 0 } },
      ],
      positions: [...positions, { group: 'dead-letters', partition: 1, committed: 1, end: 1 }],
    })),
    'a commit that passes an event without its mail': (sound) => ({
      ...sound,
      passes: sound.passes.map((pass) => ({ ...pass, mails: [] })),
    }),
  },
  I13: {
    'a record that waited for a consumer that nothing was wrong with': after({
      at: 99_000,
      what: 'passed',
      group: 'shipping-service',
      partition: 1,
      committed: 2,
    }),
    'an order that waited for a consumer that was down': (sound) => ({
      ...sound,
      outages: sound.outages.map((outage) => ({ ...outage, served: [] })),
    }),
    'an outage that was none': (sound) => ({
      ...sound,
      outages: sound.outages.map((outage) => ({ ...outage, servedByItself: outage.orders })),
    }),
  },
  I14: {
    'an invocation that was ended by its timeout': after({ at: 900, what: 'timed out', process: '7' }),
    'a group that has not come to the end': ending(({ positions }) => ({
      positions: changed(positions, isFirst, { committed: 0 }),
    })),
    'something that does not end': (sound) => ({ ...sound, unfinished: ['a letter'] }),
    'a row in the outbox': rereading(() => ({ outbox: [`${idOf(1)}.1`] })),
  },
  I16: {
    'an event that was counted twice': ending(({ sales }) => ({
      sales: { ...sales, sums: sales.sums.map((sum) => ({ ...sum, orders: sum.orders + 1 })) },
    })),
    'an event that was counted with another total': ending(({ sales }) => ({
      sales: { ...sales, sums: sales.sums.map((sum) => ({ ...sum, revenue: sum.revenue - 1 })) },
    })),
    'a count of an event that there is not': ending(({ sales }) => ({
      sales: { ...sales, counted: [...sales.counted, `${idOf(9)}.1`] },
    })),
    'sales on a day on which there were none': ending(({ sales }) => ({
      sales: { ...sales, sums: [...sales.sums, ...sales.sums.map((sum) => ({ ...sum, day: '2026-03-02' }))] },
    })),
  },
  I15: {
    'a customer in a log': (sound) => ({ ...sound, indiscretions: ['canary-1@example.com'] }),
  },
};

function isWritten(step: Step): step is Extract<Step, { what: 'shipment written' }> {
  return step.what === 'shipment written';
}

/** Cancellations first. */
function rankOf(step: Step): number {
  return step.what === 'mailed' && step.mail.kind === 'cancellation' ? 1 : 0;
}

function isFirst({ group, partition }: { readonly group: string; readonly partition: number }): boolean {
  return group === 'email-service' && partition === 0;
}

function astray<T extends { readonly orderId: string }>(shipment: T): T {
  return { ...shipment, orderId: idOf(9) };
}

const idsIn = (observation: Observation) =>
  new Set(check(observation).violations.map((violation) => violation.id));

const ALL = Object.entries(TAMPERED).flatMap(([id, its]) =>
  Object.entries(its).map(([what, tamper]) => ({ id, what, tamper })),
);

describe('check', () => {
  it('finds nothing wrong with a run in which every promise holds, and judges all of them', () => {
    expect(check(soundObservation())).toEqual({ violations: [], unjudged: [] });
  });

  it.each(ALL)('$id: sees $what, and nothing else', ({ id, tamper }) => {
    expect(idsIn(tamper(soundObservation()))).toEqual(new Set([id]));
  });

  it('has a counter-proof for every promise', () => {
    const unbroken = PROMISES.filter(
      ({ broken }) => !ALL.some(({ tamper }) => broken(tamper(soundObservation())).length > 0),
    );
    expect(unbroken.map(({ says }) => says)).toEqual([]);
  });

  it('sees that something is missing that had passed unseen: a shipment breaks I7, and I12 where it was passed', () => {
    const tamper = ending(({ shipments }) => ({ shipments: without(shipments, isOf(1)) }));
    expect(idsIn(tamper(soundObservation()))).toEqual(new Set(['I7', 'I12']));
  });

  it('says what it could not judge; every promise is judged in the runs of one suite or the other', () => {
    const unjudged = [fromOutside, within].map(
      (seenBy) => new Set(check(seenBy(soundObservation())).unjudged),
    );
    const [outside = new Set(), inside = new Set()] = unjudged;
    expect(outside.size).toBeGreaterThan(0);
    expect(inside.size).toBeGreaterThan(0);
    expect([...outside].filter((says) => inside.has(says))).toEqual([]);
  });

  it('judges what docs/guarantees.md says has to hold', () => {
    const table = readFileSync(new URL('../../../docs/guarantees.md', import.meta.url), 'utf8');
    const rows = table.matchAll(/^\| (I\d+) \| ([^|]*) \|/gm);
    expect(Object.fromEntries([...rows].map(([, id, says]) => [id, says]))).toEqual(INVARIANTS);
  });
});
