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
  {
    experiment: 'rebalance-twice',
    wrong: 'The member wakes before its session is over.',
    settings: { frozen: '500' },
    breaks: ['the record in hand is handled again, by another', 'its commit comes too late, and is refused'],
  },
  {
    experiment: 'rebalance-twice',
    wrong: 'The member commits before its work, and dies.',
    settings: { commit: 'before', end: 'dies' },
    breaks: ['the record in hand is handled again, by another', 'none is lost'],
  },
  {
    experiment: 'rebalance-twice',
    wrong: 'No commit ever arrives.',
    programs: { consume: 'consume-without-commit.ts' },
    breaks: ['no other record is handled twice'],
  },
  {
    experiment: 'fan-out',
    wrong: 'Both services have the same group id.',
    settings: { group: 'email-service' },
    breaks: [
      'the email service handles every record once',
      'so does the shipping service',
      'each has offsets of its own: where one is, the other is not yet',
    ],
  },
  {
    experiment: 'fan-out',
    wrong: 'The second group begins at the end of the log.',
    settings: { begin: 'end' },
    breaks: ['so does the shipping service'],
  },
  {
    experiment: 'dark-hour',
    wrong: 'Shipping waits for the mail of each order.',
    programs: { consume: 'consume-after-email.ts' },
    breaks: ['the shipping service handles every record meanwhile'],
  },
  {
    experiment: 'dark-hour',
    wrong: 'No commit ever arrives.',
    programs: { consume: 'consume-without-commit.ts' },
    breaks: ['the email service goes on where it was, in each partition', 'none is handled twice by it'],
  },
  {
    experiment: 'dark-hour',
    wrong: 'The email service commits before its work, and dies.',
    settings: { commit: 'before', end: 'dies' },
    breaks: ['the email service goes on where it was, in each partition', 'none is lost to it'],
  },
  {
    experiment: 'black-friday',
    wrong: 'One instance can handle what comes in.',
    settings: { rush: '80' },
    breaks: ['alone, A falls behind'],
  },
  {
    experiment: 'black-friday',
    wrong: 'All records have the same key.',
    settings: { keys: '1' },
    breaks: [
      'each of two takes about half',
      'with two the lag falls, while orders come in as fast as before',
    ],
  },
  {
    experiment: 'black-friday',
    wrong: 'More comes in than two can handle.',
    settings: { rush: '300' },
    breaks: ['with two the lag falls, while orders come in as fast as before'],
  },
];
