import { describe, expect, it } from 'vitest';
import { check } from '../../../faults/checker/check.ts';
import type { Observation, State } from '../../../faults/checker/observation.ts';
import { INVARIANTS } from '../../../support/invariants.ts';
import { idOf, soundObservation } from './sound-observation.ts';

type Tampered = readonly [id: string, what: string, tamper: (sound: Observation) => Observation];

/** The same observation with another end; the topic was then read again, and nothing changed. */
const ending =
  (change: (end: State) => Partial<State>) =>
  (sound: Observation): Observation => {
    const end = { ...sound.end, ...change(sound.end) };
    return { ...sound, end, reread: end };
  };
const rereading =
  (change: (reread: State) => Partial<State>) =>
  (sound: Observation): Observation => ({ ...sound, reread: { ...sound.reread, ...change(sound.reread) } });
const pausing =
  (change: (pause: State) => Partial<State>) =>
  (sound: Observation): Observation => ({
    ...sound,
    pauses: sound.pauses.map((pause) => ({ ...pause, ...change(pause) })),
  });

const base64 = (text: string) => Buffer.from(text).toString('base64');
const isOf = (n: number) => (one: { readonly orderId: string }) => one.orderId === idOf(n);
const isAt = (place: string) => (one: { readonly partition: number; readonly offset: number }) =>
  `${one.partition}@${one.offset}` === place;
const without = <T>(all: readonly T[], is: (one: T) => boolean) => all.filter((one) => !is(one));
const changed = <T>(all: readonly T[], is: (one: T) => boolean, change: Partial<T>) =>
  all.map((one) => (is(one) ? { ...one, ...change } : one));

/** Each breaks one invariant, and nothing else. */
const TAMPERED: readonly Tampered[] = [
  ['I1', 'an order without an event in outbox or topic', pausing(() => ({ outbox: [] }))],
  [
    'I1',
    'an event whose order is not there',
    pausing(({ orders }) => ({ orders: without(orders, isOf(3)) })),
  ],
  [
    'I1',
    'an order that is cancelled without its event',
    pausing(({ orders }) => ({ orders: changed(orders, isOf(1), { status: 'CANCELLED' }) })),
  ],
  [
    'I2',
    'a 2xx for an order that no record tells of',
    (sound) => ({
      ...sound,
      exchanges: [
        ...sound.exchanges,
        { kind: 'place', customerId: 'customer-9', content: '{}', status: 201, orderId: idOf(9) },
      ],
    }),
  ],
  [
    'I2',
    'a 2xx for a cancellation that no record tells of',
    (sound) => ({
      ...sound,
      exchanges: [
        ...sound.exchanges,
        { kind: 'cancel', customerId: 'customer-1', content: '', status: 200, orderId: idOf(1) },
      ],
    }),
  ],
  [
    'I3',
    'an event of a request that was refused',
    (sound) => ({
      ...sound,
      exchanges: changed(sound.exchanges, ({ customerId }) => customerId === 'customer-1', { status: 400 }),
    }),
  ],
  [
    'I3',
    'an event that says otherwise than what was asked',
    (sound) => ({
      ...sound,
      exchanges: changed(sound.exchanges, ({ customerId }) => customerId === 'customer-1', {
        content: '{"email": "somebody else"}',
      }),
    }),
  ],
  [
    'I3',
    'a cancellation that nobody asked for',
    (sound) => ({ ...sound, exchanges: without(sound.exchanges, ({ kind }) => kind === 'cancel') }),
  ],
  [
    'I4',
    'two orders for one customer and key',
    (sound) => ({
      ...sound,
      exchanges: sound.exchanges.flatMap((exchange) =>
        exchange.orderId === idOf(1) ? [exchange, { ...exchange, orderId: idOf(3) }] : [exchange],
      ),
    }),
  ],
  [
    'I5',
    'a copy with other bytes',
    ending(({ topic, letters }) => ({
      topic: changed(topic, isAt('2@1'), { key: base64('another') }),
      letters,
    })),
  ],
  [
    'I5',
    'a copy whose headers stand in another order',
    ending(({ topic }) => ({
      topic: topic.map((record) =>
        isAt('2@1')(record) ? { ...record, headers: record.headers.toReversed() } : record,
      ),
    })),
  ],
  [
    'I6',
    'an order on two partitions',
    ending(({ topic }) => ({
      topic: changed(topic, isAt('1@1'), { partition: 2, offset: 2 }),
    })),
  ],
  [
    'I6',
    'a cancellation before its placement',
    ending(({ topic }) => ({
      topic: topic.map((record) =>
        record.partition === 1 ? { ...record, offset: 1 - record.offset } : record,
      ),
    })),
  ],
  [
    'I7',
    'a shipment of an order that nobody placed',
    ending(({ shipments }) => ({ shipments: [...shipments, ...shipments.slice(0, 1).map(astray)] })),
  ],
  [
    'I7',
    'a mail that went to somebody else',
    ending(({ mails }) => ({
      mails: changed(mails, ({ eventId }) => eventId === `${idOf(1)}.1`, { to: 'x@example.com' }),
    })),
  ],
  [
    'I7',
    'a second mail, although the first was marked as sent',
    (sound) => ({ ...sound, marks: [{ eventId: `${idOf(2)}.1`, pid: 7, at: 1_500 }] }),
  ],
  [
    'I7',
    'a second mail that no fault explains',
    ending(({ mails }) => ({ mails: mails.map((mail) => ({ ...mail, isAnswered: true })) })),
  ],
  [
    'I7',
    'a mail that was suppressed, and its placement was not given up',
    ending(({ mails }) => ({
      mails: without(mails, ({ eventId }) => eventId.startsWith(idOf(2))),
      suppressed: [idOf(2)],
    })),
  ],
  [
    'commute',
    'a shipment of a cancelled order',
    ending(({ shipments, positions }) => ({
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
  ],
  [
    'commute',
    'a shipment of something else than what was ordered',
    ending(({ shipments }) => ({ shipments: changed(shipments, isOf(1), { content: '[]' }) })),
  ],
  [
    'I9',
    'a letter with other bytes',
    ending(({ letters }) => ({ letters: changed(letters, isAt('0@1'), { value: base64('}') }) })),
  ],
  [
    'I9',
    'a letter for another reason',
    ending(({ letters }) => ({ letters: changed(letters, isAt('0@1'), { reason: 'invalid' }) })),
  ],
  [
    'I9',
    'a letter twice',
    ending(({ letters }) => ({ letters: [...letters, ...letters.filter(isAt('0@1')).slice(0, 1)] })),
  ],
  [
    'I9',
    'a letter for a healthy record',
    ending(({ letters }) => ({
      letters: [...letters, ...changed(letters.slice(0, 1), () => true, { partition: 1 })],
    })),
  ],
  [
    'I9',
    'a letter of a record that is nowhere',
    ending(({ letters }) => ({
      letters: [...letters, ...changed(letters.slice(0, 1), () => true, { offset: 99 })],
    })),
  ],
  [
    'I9',
    'a letter that was given up by Lambda, and not replayed',
    ending(({ letters }) => ({ letters: changed(letters, isAt('2@0'), { status: 'OPEN' }) })),
  ],
  [
    'I10',
    'a group that stands before poison',
    ending(({ positions }) => ({ positions: changed(positions, isFirst, { committed: 1 }) })),
  ],
  [
    'I10',
    'a record that was given up within the outage that the deployed retries bear',
    (sound) => ({ ...sound, retryAttempts: 45 }),
  ],
  [
    'I11',
    'a shipment that reading again brought back',
    rereading(({ shipments }) => ({ shipments: changed(shipments, isOf(1), { status: 'CANCELLED' }) })),
  ],
  [
    'I11',
    'a mail that reading again sent again',
    rereading(({ mails }) => ({
      mails: [...mails, ...changed(mails.slice(0, 1), () => true, { at: 9_000 })],
    })),
  ],
  [
    'I11',
    'a letter that reading again made',
    rereading(({ letters }) => ({
      letters: [...letters, ...changed(letters.slice(0, 1), () => true, { partition: 1, offset: 0 })],
    })),
  ],
  [
    'I12',
    'a group that has passed an event without its mail',
    pausing(({ mails }) => ({ mails: without(mails, ({ eventId }) => eventId === `${idOf(1)}.1`) })),
  ],
  [
    'I12',
    'a group that has passed an event without its shipment',
    pausing(({ shipments }) => ({ shipments: without(shipments, isOf(1)) })),
  ],
  [
    'I12',
    'a group that has passed poison without its letter',
    pausing(({ letters }) => ({ letters: without(letters, ({ consumer }) => consumer === 'email-service') })),
  ],
  [
    'I12',
    'a collector that has passed a message without its letter',
    pausing(({ positions }) => ({
      givenUp: [
        { consumer: 'shipping-service', partition: 0, offset: 0, message: { partition: 1, offset: 0 } },
      ],
      positions: [...positions, { group: 'dead-letters', partition: 1, committed: 1, end: 1 }],
    })),
  ],
  [
    'I13',
    'an order that waited for a consumer that was down',
    (sound) => ({ ...sound, outages: sound.outages.map((outage) => ({ ...outage, served: [] })) }),
  ],
  [
    'I13',
    'an outage that was none',
    (sound) => ({
      ...sound,
      outages: sound.outages.map((outage) => ({ ...outage, servedByItself: outage.orders })),
    }),
  ],
  [
    'I14',
    'a group that has not come to the end',
    ending(({ positions }) => ({ positions: changed(positions, isFirst, { committed: 0 }) })),
  ],
  ['I14', 'something that does not end', (sound) => ({ ...sound, unfinished: ['a letter'] })],
  ['I14', 'a row in the outbox', rereading(() => ({ outbox: [`${idOf(1)}.1`] }))],
  ['I15', 'a customer in a log', (sound) => ({ ...sound, indiscretions: ['canary-1@example.com'] })],
];

function isFirst({ group, partition }: { readonly group: string; readonly partition: number }): boolean {
  return group === 'email-service' && partition === 0;
}

function astray<T extends { readonly orderId: string }>(shipment: T): T {
  return { ...shipment, orderId: idOf(9) };
}

describe('check', () => {
  it('finds nothing wrong with a run in which every invariant holds', () => {
    expect(check(soundObservation())).toEqual([]);
  });

  it.each(TAMPERED)('%s: sees %s, and nothing else', (id, _what, tamper) => {
    const violations = check(tamper(soundObservation()));
    expect(violations.map((violation) => violation.id)).not.toEqual([]);
    expect(new Set(violations.map((violation) => violation.id))).toEqual(new Set([id]));
  });

  it('has a counter-proof for every invariant', () => {
    expect(new Set(TAMPERED.map(([id]) => id))).toEqual(new Set(Object.keys(INVARIANTS)));
  });

  it('sees that something is missing that had passed unseen: a shipment breaks I7, and I12 where it was passed', () => {
    const violations = check(
      ending(({ shipments }) => ({ shipments: without(shipments, isOf(1)) }))(soundObservation()),
    );
    expect(new Set(violations.map(({ id }) => id))).toEqual(new Set(['I7', 'I12']));
  });
});
