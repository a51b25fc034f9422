import type { Defect } from './all.ts';

export const log: readonly Defect[] = [
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
