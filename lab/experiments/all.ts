import type { Experiment } from '../experiment.ts';
import { atLeastOnce } from './at-least-once.ts';
import { atMostOnce } from './at-most-once.ts';
import { compaction } from './compaction.ts';
import { dualWrite } from './dual-write.ts';
import { keys } from './keys.ts';
import { ordering } from './ordering.ts';
import { outbox } from './outbox.ts';
import { scaling } from './scaling.ts';

/** Every experiment, in the order in which they are best read. */
export const EXPERIMENTS: readonly Experiment[] = [
  ordering,
  keys,
  scaling,
  atMostOnce,
  atLeastOnce,
  dualWrite,
  outbox,
  compaction,
];
