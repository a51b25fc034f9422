import type { Defect } from './all.ts';

export const log: readonly Defect[] = [
  {
    experiment: 'log-not-queue',
    wrong: 'The worker deletes no message.',
    programs: { 'queue-receive': 'receive-without-delete.ts' },
    breaks: ['what is received and deleted is gone from the queue'],
  },
  {
    experiment: 'log-not-queue',
    wrong: 'Who comes later is of the same group.',
    settings: { group: 'shipping-service' },
    breaks: ['who comes later reads the whole topic'],
  },
  {
    experiment: 'log-not-queue',
    wrong: 'The topic keeps records for a tenth of a second.',
    settings: { 'retention.ms': '100' },
    breaks: ['who comes later reads the whole topic', 'and the topic still has everything'],
  },
  {
    experiment: 'log-not-queue',
    wrong: 'Nothing is ever forgotten.',
    settings: { 'by-time': '-1', 'by-size': '-1' },
    breaks: ['by time everything goes that is old enough', 'by size the oldest go, and the newest stay'],
  },
  {
    experiment: 'ordering',
    wrong: 'The topic has one partition.',
    settings: { partitions: '1' },
    breaks: ['across partitions there is no order'],
  },
  {
    experiment: 'ordering',
    wrong: 'The consumer works on many records at the same time.',
    programs: { consume: 'consume-at-once.ts' },
    breaks: [
      'in one partition records are read as they were written',
      'what belongs to one order is read as it was written',
    ],
  },
  {
    experiment: 'ordering',
    wrong: 'Records have no key, so that an order lies in several partitions.',
    settings: { key: 'none' },
    breaks: ['what belongs to one order is read as it was written'],
  },
  {
    experiment: 'keys',
    wrong: 'Records have no key, so that partitions take turns.',
    settings: { keys: '0' },
    breaks: ['each key lies in one partition', 'with twice the partitions about half of the keys move'],
  },
  {
    experiment: 'keys',
    wrong: 'The topic gets no more partitions.',
    settings: { later: '3' },
    breaks: ['with twice the partitions about half of the keys move'],
  },
];
