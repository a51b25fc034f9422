/**
 * What can be wrong with a client, a topic or a broker, each of which an experiment has to notice: for every check there is a way
 * to make it fail. `npm run test:proofs` runs them all.
 */
import { acks } from './acks.ts';
import { groups } from './groups.ts';
import { log } from './log.ts';
import { once } from './once.ts';
import { outbox } from './outbox.ts';
import { trouble } from './trouble.ts';

export interface Defect {
  readonly experiment: string;
  /** What is wrong, in one sentence. */
  readonly wrong: string;
  /** Files of lab/defects/programs/ that are run instead of those of lab/clients/, by the name that the experiment calls. */
  readonly programs?: Readonly<Record<string, string>>;
  /** As `--set` has them: a defect that is made of these alone, a reader can see for themselves. */
  readonly settings?: Readonly<Record<string, string>>;
  /** What the checks say that fail, these and no others. */
  readonly breaks: readonly string[];
}

/** Every defect; a file a page of docs/lab/. */
export const DEFECTS: readonly Defect[] = [...log, ...groups, ...once, ...acks, ...outbox, ...trouble];
