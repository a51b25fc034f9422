import type { Answer, Call, Situation, Situations } from './program.ts';

/** One delivery of a batch: an invocation that runs its program, round by round. */
export interface Delivery<Ports> {
  readonly name: string;
  /** Rounds that it has begun. */
  readonly rounds: number;
  /** What its process is doing: nothing (not begun, or between two rounds), a round, or nothing any more. */
  readonly at: 'rest' | Situation<Ports> | 'end';
  /** By the id of its call, each request under way. */
  readonly open: ReadonlyMap<number, Request>;
}

/** A request under way. */
export interface Request {
  /** The time until which its answer is heard, unless the process is frozen. */
  readonly due: number;
  /** Its answer, on its way. */
  readonly answer: Answer | undefined;
}

/** Everything that decides what can happen next. */
export interface State<Ports, World> {
  readonly now: number;
  readonly world: World;
  readonly deliveries: readonly Delivery<Ports>[];
  /** Requests that their callers have given up, and which may be carried out yet. */
  readonly adrift: readonly { readonly by: string; readonly call: Call<Ports> }[];
  /** Faults that may still happen. */
  readonly left: Budget;
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
  /** What its caller hears; undefined: what the port said last. */
  readonly answer: Answer | undefined;
}

/** Production code, the world that it acts on, and what can go wrong between them. */
export interface Model<Ports, World> {
  /** Names of the deliveries. `late` is the name of one more, after all others. */
  readonly deliveries: readonly string[];
  /** Whether all deliveries do the same, so that it is enough to let them begin in one order. */
  readonly alike: boolean;
  /** Rounds of a delivery at most. */
  readonly rounds: number;
  /** Whether other things can happen, and time pass, between a request and its answer; if not, only where a process is frozen. */
  readonly slowAnswers: boolean;
  /** What each delivery runs. */
  readonly programs: ReadonlyMap<string, Situations<Ports>>;
  readonly start: World;
  readonly copy: (world: World) => World;
  /** The ports of a delivery; they change the world. */
  readonly twin: (world: World, delivery: string) => Ports;
  readonly mishaps: (call: Call<Ports>) => readonly Mishap[];
  /** What kind of fault it is that the process crashes here; `carriedOut`: right after this request was. */
  readonly crash: (situation: Situation<Ports>, carriedOut: Call<Ports> | undefined) => Fault;
  /** What kind of fault it is that the process is frozen while this request is under way. */
  readonly freeze: (call: Call<Ports>) => Fault;
  /** Milliseconds that a request takes at most. */
  readonly limitMs: (call: Call<Ports>) => number;
  /** Times at which something changes by itself. */
  readonly turningPoints: (world: World) => readonly number[];
  /** What is counted in the end. */
  readonly outcome: (world: World) => string;
}
