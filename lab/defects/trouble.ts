import type { Defect } from './all.ts';

export const trouble: readonly Defect[] = [
  {
    experiment: 'compaction',
    wrong: 'The topic forgets by age: the newest address goes with the others.',
    settings: { 'cleanup.policy': 'delete' },
    breaks: ['the newest address of each customer is there'],
  },
  {
    experiment: 'compaction',
    wrong: 'Records are left alone for a minute, so nothing is compacted yet.',
    settings: { 'min.compaction.lag.ms': '60000' },
    breaks: ['older ones are gone', 'nothing is left of the deleted customer, not even the tombstone'],
  },
  {
    experiment: 'compaction',
    wrong: 'Tombstones are kept for a minute, and this one is still there.',
    settings: { 'delete.retention.ms': '60000' },
    breaks: ['nothing is left of the deleted customer, not even the tombstone'],
  },
  {
    experiment: 'compaction',
    wrong: 'The customer is deleted by an empty value, which is a value like any other.',
    programs: { 'write-one': 'write-empty.ts' },
    breaks: ['nothing is left of the deleted customer, not even the tombstone'],
  },
];
