import type { Defect } from './all.ts';

export const groups: readonly Defect[] = [
  {
    experiment: 'scaling',
    wrong: 'Each member has a group of its own.',
    programs: { consume: 'consume-in-own-group.ts' },
    breaks: [
      'each partition belongs to one member',
      'the fourth of 4 members has nothing to do',
      'it has, when another leaves',
      'no record is handled twice while members come and go politely',
    ],
  },
  {
    experiment: 'scaling',
    wrong: 'The topic has more partitions than the group has members.',
    settings: { partitions: '5' },
    breaks: ['the fourth of 4 members has nothing to do', 'it has, when another leaves'],
  },
];
