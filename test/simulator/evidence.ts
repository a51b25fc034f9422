import type { Tables } from './account.ts';
import type { Foreign } from './foreign-producer.ts';
import type { History, Mailed } from './history.ts';
import type { Topic } from './kafka/topic.ts';
import type { COLLECTOR, Group } from './names.ts';
import type { Process } from './process.ts';
import type { Scenario } from './scenario.ts';

/** What a checker may look at: raw state, from outside, and what happened. */
export interface Evidence {
  readonly scenario: Scenario;
  readonly history: History;
  readonly tables: Tables;
  readonly topic: Topic;
  /** The topic of dead letters. */
  readonly letters: Topic;
  /** Records that aren't the relay's, by `<partition>@<offset>`. */
  readonly foreign: ReadonlyMap<string, Foreign>;
  readonly mails: readonly Mailed[];
  readonly processes: ReadonlyMap<string, Process>;
  /** What hadn't come to rest in time. */
  readonly unfinished: readonly string[];
}

/** Told, with the evidence so far, before a group's position moves past records. */
export type OnCommit = (passed: {
  readonly evidence: Evidence;
  readonly group: Group | typeof COLLECTOR.group;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}) => void;
