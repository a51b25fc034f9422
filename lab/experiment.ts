/**
 * An experiment: a question about the log, a guess, real clients that answer it, and what has to be seen for the answer to be true.
 *
 *     question ──> guess ──> run (steps, clients, kills) ──> seen (counts) ──> checks (each held or not) ──> take-away
 *
 * What was seen is plain data, and judged by pure functions of it: a defective client (lab/defects/) has to make them fail.
 */
import type { Lab } from './lab.ts';

/** What was observed, by what a person reads beside it: counts, or a short text. */
export type Seen = Readonly<Record<string, number | string>>;

interface Setting {
  readonly default: number | string;
  /** What it is and what to try: shown by `lab list`. */
  readonly says: string;
  /** All that it can be. @default - any value of its default's type */
  readonly among?: readonly (number | string)[];
}

type Settings = Readonly<Record<string, Setting>>;
/** The values of a run, each of its default's type. */
type Values<S extends Settings> = {
  readonly [Name in keyof S]: S[Name]['default'] extends number ? number : string;
};

/** The pages of docs/lab/, in reading order. */
type Page = 'log' | 'groups' | 'once' | 'acks' | 'outbox' | 'trouble';

export interface Story<S extends Settings, Observed extends Seen> {
  /** As on the command line. */
  readonly name: string;
  readonly page: Page;
  readonly question: string;
  /** What is asked before it runs, and what the answer turns out to be: the name of what was seen. */
  readonly guess: { readonly ask: string; readonly answer: keyof Observed & string };
  readonly settings: S;
  /** What it runs on: one broker, or three with a controller of their own (`lab.use(threeBrokers)` has their switches). */
  readonly cluster: 'one broker' | 'three brokers';
  /** Steps by real clients in processes of their own; resolves with what was observed from outside of them. */
  run(lab: Lab, values: Values<S>): Promise<Observed>;
  /** What must be so, with the default settings, for the take-away to be true. */
  readonly checks: readonly {
    readonly says: string;
    /** Whether it only says that the run was as it was meant to be: no defect of lab/defects/ has to break it. @default - false */
    readonly guard?: boolean;
    holds(seen: Observed, values: Values<S>): boolean;
  }[];
  /** One sentence. */
  readonly takeAway: string;
  /** Why it is so, in a few short sentences for somebody who knows queues. */
  readonly why: string;
  /** Where the order system does it: a path of this repository, and what is to be seen there. */
  readonly inProduction: readonly { readonly path: string; readonly says: string }[];
}

/** What came of a run. */
export interface Outcome {
  readonly seen: Seen;
  readonly answer: number | string;
  readonly checks: readonly { readonly says: string; readonly held: boolean }[];
}

/** A story whose types are its own affair: what the commands, the documents and the console deal with. */
export interface Experiment extends Omit<Story<Settings, Seen>, 'run' | 'checks' | 'guess'> {
  readonly guess: { readonly ask: string; readonly answer: string };
  readonly checks: readonly { readonly says: string; readonly guard?: boolean }[];
  /** Runs it with these settings over the defaults, which have been checked by `valuesOf`. */
  run(lab: Lab, values: Readonly<Record<string, number | string>>): Promise<Outcome>;
}

/** Makes a story one of many. */
export function experiment<const S extends Settings, Observed extends Seen>(
  story: Story<S, Observed>,
): Experiment {
  return {
    ...story,
    async run(lab, given) {
      // Each value has its default's type: `valuesOf` made them.
      const values = given as Values<S>;
      const seen = await story.run(lab, values);
      return {
        seen,
        answer: seen[story.guess.answer] ?? 'nothing',
        checks: story.checks.map(({ says, holds }) => ({ says, held: holds(seen, values) })),
      };
    },
  };
}
