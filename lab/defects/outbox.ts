import type { Defect } from './all.ts';

export const outbox: readonly Defect[] = [
  {
    experiment: 'dual-write',
    wrong: 'Nobody dies.',
    settings: { 'crash-at': '0' },
    breaks: [
      'saved first, an event is lost',
      'published first, there is an event of an order that never was',
      'a transaction around both makes no difference: the broker is no part of it',
    ],
  },
  {
    experiment: 'outbox',
    wrong: 'The writer has no transaction around the two rows.',
    programs: { 'outbox-write': 'write-without-transaction.ts' },
    breaks: ['each order has its event'],
  },
  {
    experiment: 'outbox',
    wrong: 'The outbox row is written over another connection.',
    programs: { 'outbox-write': 'write-outbox-elsewhere.ts' },
    breaks: ['each event has its order'],
  },
  {
    experiment: 'outbox',
    wrong: 'The poller deletes before it publishes.',
    programs: { 'outbox-poll': 'poll-deleting-first.ts' },
    breaks: ['each order has its event', 'what was published and not yet deleted is published again'],
  },
  {
    experiment: 'outbox',
    wrong: 'The poller makes the event id, each time anew.',
    programs: { 'outbox-poll': 'poll-naming-anew.ts' },
    breaks: ['a copy has the event id of the first record'],
  },
  {
    experiment: 'outbox-debezium',
    wrong: 'The slot is made when Debezium starts, after the first rows.',
    settings: { slot: 'late' },
    breaks: ['each order has its event'],
  },
  {
    experiment: 'outbox-debezium',
    wrong: 'The second slot is made in time, too.',
    settings: { 'second-slot': 'early' },
    breaks: ['a slot that is made late loses all that was written before, and says nothing'],
  },
  {
    experiment: 'outbox-debezium',
    wrong: 'Nobody is killed: Debezium may note how far it has come.',
    settings: { signal: 'SIGTERM' },
    breaks: ['what was published since it noted last is published again'],
  },
  {
    experiment: 'outbox-debezium',
    wrong: 'The writer has no transaction to be rolled back.',
    programs: { 'outbox-write': 'write-without-transaction.ts' },
    breaks: ['an order that was rolled back has none'],
  },
  {
    experiment: 'outbox-debezium',
    wrong: 'The writer writes each event twice, as two events.',
    programs: { 'outbox-write': 'write-twice.ts' },
    breaks: ['a copy has the event id of the first record'],
  },
  {
    experiment: 'outbox-dynamodb',
    wrong: 'The relay knows only what the stream tells.',
    settings: { sweep: 'never' },
    breaks: [
      'each order has its event, also those that no wake-up told of',
      'what was published and not yet deleted is published again',
    ],
  },
  {
    experiment: 'outbox-dynamodb',
    wrong: 'The outbox row is written by a request of its own, before the order.',
    programs: { 'dynamodb-outbox-write': 'dynamodb-write-event-first.ts' },
    breaks: [
      'each event has its order',
      'an order that is asked for twice has one event: each copy has the id of the first record',
    ],
  },
  {
    experiment: 'outbox-dynamodb',
    wrong: 'The relay lives.',
    settings: { 'relay-crash-at': '0' },
    breaks: ['what was published and not yet deleted is published again'],
  },
  {
    experiment: 'outbox-dynamodb',
    wrong: 'The order is written on no condition.',
    programs: { 'dynamodb-outbox-write': 'dynamodb-write-always.ts' },
    breaks: ['an order that is asked for twice has one event: each copy has the id of the first record'],
  },
];
