import { CALM, execute } from '../../../../simulator/dynamodb/commands.ts';
import {
  database,
  type Item,
  type KeySchema,
  type OnWrite,
  table,
} from '../../../../simulator/dynamodb/tables.ts';
import { type Answer, answerOf, type Call, type Situation, type Situations } from './program.ts';

/** A table, and how often each effect was made. */
export interface World {
  readonly items: ReadonlyMap<string, Item>;
  readonly made: ReadonlyMap<string, number>;
}

/** The cases in which an effect outside may be made twice, and all other faults. */
export type Fault =
  /** The process is gone after an effect and before its mark. */
  | 'crash before the mark'
  /** An effect was made and no answer came. */
  | 'answer lost'
  /** An effect was made and its answer was a failure. */
  | 'answer untrue'
  /** The process is held up in an effect, or in its mark, for longer than either may take. */
  | 'frozen'
  /** The mark could not be written. */
  | 'not marked'
  | 'any other';

/** How often each kind of fault may happen in a schedule; a kind that isn't named never does. */
export type Budget = Readonly<Partial<Record<Fault, number>>>;

/** Something that can go wrong with a request. */
export interface Mishap {
  readonly text: string;
  readonly fault: Fault;
  readonly happens: 'never' | 'once' | 'twice' | 'later';
  /** What its caller hears; undefined: what was said last. */
  readonly answer: Answer | undefined;
}

/** Production code, the table that it works on, and what can go wrong between them. */
export interface Model {
  /** What each delivery runs, by its name; `late` is one more, after all others. */
  readonly programs: ReadonlyMap<string, Situations>;
  /** Whether all deliveries do the same, so that it is enough to let them begin in one order. */
  readonly alike: boolean;
  /** Rounds of a delivery at most. */
  readonly rounds: number;
  /** Whether other things can happen, and time pass, between a request and its answer; if not, only where a process is frozen. */
  readonly slowAnswers: boolean;
  readonly table: { readonly name: string; readonly schema: KeySchema };
  /** The effect that a write to the table is, by its key. */
  readonly effectOf: (call: Call, change: Parameters<OnWrite>[0]) => string | undefined;
  readonly mishaps: (call: Call) => readonly Mishap[];
  /** What kind of fault it is that the process crashes here; `carriedOut`: right after this request was. */
  readonly crash: (situation: Situation, carriedOut: Call | undefined) => Fault;
  /** What kind of fault it is that the process is frozen while this request is under way. */
  readonly freeze: (call: Call) => Fault;
  /** Milliseconds that a request takes at most. */
  readonly limitMs: (call: Call) => number;
  /** Times at which something changes by itself. */
  readonly turningPoints: (items: World['items']) => readonly number[];
  /** What is counted in the end. */
  readonly outcome: (world: World) => string;
}

/** The world after a request was carried out so often, and what was said last. */
export function carryOut(
  model: Model,
  world: World,
  call: Call,
  times: number,
): { world: World; said: Answer } {
  const made = new Map(world.made);
  const count = (effect: string | undefined) => {
    if (effect !== undefined) made.set(effect, (made.get(effect) ?? 0) + 1);
  };
  const { name, schema } = model.table;
  const tableNow = table(name, schema, (change) => count(model.effectOf(call, change)));
  for (const [key, item] of world.items) tableNow.items.set(key, item);

  let said = answerOf(undefined);
  for (let time = 0; time < times; time++) {
    if (call.port === 'act') count(call.request);
    else said = answered(() => execute(database([tableNow]), call.request, CALM));
  }
  return { world: { items: tableNow.items, made }, said };
}

function answered(request: () => object): Answer {
  try {
    return answerOf(request());
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { text: JSON.stringify([error.name, error]), error };
  }
}
