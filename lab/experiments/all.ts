import type { Experiment } from '../experiment.ts';
import { keys } from './keys.ts';

/** Every experiment, in the order in which they are best read. */
export const EXPERIMENTS: readonly Experiment[] = [keys];
