import type { Defect } from './all.ts';

export const trouble: readonly Defect[] = [
  {
    experiment: 'poison',
    wrong: 'The consumer passes over what it cannot handle.',
    programs: { handle: 'handle-passing-over.ts' },
    breaks: [
      'it is tried again and again',
      'those behind it wait',
      'its letter says where it lay, who gave it up and why',
      'mended and replayed, it is handled as the others are',
    ],
  },
  {
    experiment: 'poison',
    wrong: 'The consumer has somewhere to set it aside, and all but never gives up.',
    settings: { attempts: '1000' },
    breaks: [
      'set aside, it holds up nobody',
      'its letter says where it lay, who gave it up and why',
      'mended and replayed, it is handled as the others are',
    ],
  },
  {
    experiment: 'poison',
    wrong: 'The dead letter has the bytes alone.',
    programs: { handle: 'handle-without-origin.ts' },
    breaks: ['its letter says where it lay, who gave it up and why'],
  },
  {
    experiment: 'poison',
    wrong: 'It is replayed as it is, and comes back.',
    settings: { mend: '=' },
    breaks: ['mended and replayed, it is handled as the others are'],
  },
  {
    experiment: 'lag-and-retention',
    wrong: 'Records are kept for ever: nothing is lost, and the lag is what there is to do.',
    settings: { 'retention.ms': '-1' },
    breaks: [
      'the lag counts what is gone',
      'email-service, which begins at the earliest, handles what is there; the rest is lost',
      'shipping-service, which begins at the latest, loses that as well',
    ],
  },
  {
    experiment: 'lag-and-retention',
    wrong: 'email-service begins at the latest, too.',
    settings: { 'email-service': 'latest' },
    breaks: ['email-service, which begins at the earliest, handles what is there; the rest is lost'],
  },
  {
    experiment: 'lag-and-retention',
    wrong: 'shipping-service begins at the earliest, too.',
    settings: { 'shipping-service': 'earliest' },
    breaks: ['shipping-service, which begins at the latest, loses that as well'],
  },
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
