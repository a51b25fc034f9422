import type { Experiment } from '../experiment.ts';
import { atLeastOnce } from './at-least-once.ts';
import { atMostOnce } from './at-most-once.ts';
import { compaction } from './compaction.ts';
import { keys } from './keys.ts';

/** Every experiment, in the order in which they are best read. */
export const EXPERIMENTS: readonly Experiment[] = [keys, atMostOnce, atLeastOnce, compaction];
