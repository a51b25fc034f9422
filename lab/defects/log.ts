import type { Defect } from './all.ts';

export const log: readonly Defect[] = [
  {
    experiment: 'keys',
    wrong: 'Records have no key, so that partitions take turns.',
    settings: { keys: '0' },
    breaks: ['each key lies in one partition'],
  },
];
