import type { Defect } from './all.ts';

export const acks: readonly Defect[] = [
  {
    experiment: 'acks',
    wrong: 'The producer asks for all acknowledgements, whatever it is told.',
    programs: { produce: 'produce-with-acks-all.ts' },
    breaks: ['acks=0: all is sent without an error, and lost'],
  },
  {
    experiment: 'acks',
    wrong: 'All that have to be in sync are one.',
    settings: { 'min.insync.replicas': '1' },
    breaks: [
      'acks=all: what two replicas can not have is refused',
      'acks=all: nothing is lost that was acknowledged',
    ],
  },
  {
    experiment: 'acks',
    wrong: 'Nobody leads who was not in sync: what one replica has is there again when it is back.',
    settings: { 'unclean.leader.election.enable': 'false' },
    breaks: [
      'acks=1: all is acknowledged, and lost',
      'acks=all with min.insync.replicas=1: all is acknowledged, and lost',
    ],
  },
];
