import { type Budget, carryOut, type Fault, type Mishap, type Model, type World } from './model.ts';
import type { Answer, Call, Situation, Situations } from './program.ts';

/** One delivery of a batch: an invocation that runs its program, round by round. */
interface Delivery {
  readonly name: string;
  /** Rounds that it has begun. */
  readonly rounds: number;
  /** What its process is doing: nothing (not begun, or between two rounds), a round, or nothing any more. */
  readonly at: 'rest' | Situation | 'end';
  /** By the id of its call, each request under way. */
  readonly open: ReadonlyMap<number, Request>;
}

interface Request {
  /** The time until which its answer is heard, unless the process is frozen. */
  readonly due: number;
  /** Its answer, on its way. */
  readonly answer: Answer | undefined;
}

/** Everything that decides what can happen next. */
interface State {
  readonly now: number;
  readonly world: World;
  readonly deliveries: readonly Delivery[];
  /** Requests that their callers have given up, and which may be carried out yet. */
  readonly adrift: readonly { readonly by: string; readonly call: Call }[];
  /** Faults that may still happen. */
  readonly left: Budget;
}

/** What a search has found. */
export interface Findings {
  /** By what is counted in the end, the shortest schedule that leads to it. */
  readonly outcomes: ReadonlyMap<string, readonly string[]>;
  readonly states: number;
  /** Schedules from the start to where nobody is at work: those that end in one state are walked once. */
  readonly schedules: number;
}

interface Path {
  readonly length: number;
  readonly step: string;
  readonly next: Path | undefined;
}

interface Found {
  readonly outcomes: ReadonlyMap<string, Path>;
  readonly schedules: number;
}

/**
 * Every schedule of the deliveries, with every fault that the budget allows anywhere in it. Wherever nobody is at work,
 * the batch is delivered once more, late and without a fault; what is counted then is an outcome.
 *
 * States are told apart by all that decides what comes next: the world, the clock, what is left of the budget, and what
 * each delivery at work has been answered and when. So nothing is left out by walking each of them once.
 */
export async function explore(model: Model, budget: Budget): Promise<Findings> {
  const known = new Map<string, Found>();
  const lateOutcomes = new Map<string, string>();

  async function visit(state: State): Promise<Found> {
    const key = keyOf(state);
    const before = known.get(key);
    if (before !== undefined) return before;

    const outcomes = new Map<string, Path>();
    let schedules = 0;
    if (state.deliveries.every(({ at }) => at === 'rest' || at === 'end')) {
      const lateKey = `${state.now} ${textOf(state.world)}`;
      const outcome = lateOutcomes.get(lateKey) ?? (await outcomeAfterLateDelivery(model, state));
      lateOutcomes.set(lateKey, outcome);
      outcomes.set(outcome, { length: 1, step: 'one more delivery', next: undefined });
      schedules += 1;
    }
    for (const { text, take } of stepsFrom(model, state)) {
      const next = await visit(await take());
      schedules += next.schedules;
      for (const [outcome, path] of next.outcomes) {
        const length = path.length + 1;
        const best = outcomes.get(outcome)?.length ?? Infinity;
        if (length < best) outcomes.set(outcome, { length, step: text, next: path });
      }
    }
    const found = { outcomes, schedules };
    known.set(key, found);
    return found;
  }

  const names = [...model.programs.keys()].filter((name) => name !== 'late');
  const { outcomes, schedules } = await visit({
    now: 0,
    world: { items: new Map(), made: new Map() },
    deliveries: names.map((name) => ({ name, rounds: 0, at: 'rest', open: new Map() })),
    adrift: [],
    left: budget,
  });
  return {
    outcomes: new Map([...outcomes].map(([outcome, path]) => [outcome, stepsOn(path)])),
    states: known.size,
    schedules,
  };
}

function stepsOn(path: Path): string[] {
  const steps: string[] = [];
  for (let at: Path | undefined = path; at !== undefined; at = at.next) steps.push(at.step);
  return steps;
}

function keyOf({ now, world, deliveries, adrift, left }: State): string {
  const locals = deliveries.map(({ rounds, at, open }) =>
    typeof at === 'string'
      ? [rounds, at]
      : [rounds, at.id, ...[...open.values()].map(({ due, answer }) => [due, answer?.text])],
  );
  const floating = adrift.map(({ by, call }) => [
    by,
    call.port === 'act' ? call.request : call.request.input,
  ]);
  return JSON.stringify([now, textOf(world), locals, floating, left]);
}

const textOf = ({ items, made }: World): string => JSON.stringify([[...items], [...made]]);

/** Rounds within which a delivery without a fault has to come to its end. */
const PATIENCE = 10;

/** The batch delivered by itself, each round after all the time that the world asks for. */
async function outcomeAfterLateDelivery(model: Model, state: State): Promise<string> {
  const situations = programOf(model, 'late');
  let { now, world } = state;
  for (let round = 0; round < PATIENCE; round++) {
    let situation = await situations.begin(now);
    for (let [call] = situation.open; call !== undefined; [call] = situation.open) {
      const done = carryOut(model, world, call, 1);
      world = done.world;
      situation = await situations.hear(situation, { call, at: now, answer: done.said });
    }
    if (situation.ending === 'over') return model.outcome(world);
    now = Math.max(now, ...model.turningPoints(world.items));
  }
  return `${model.outcome(world)}, and no end`;
}

/** One thing that can happen next. */
interface Step {
  readonly text: string;
  readonly take: () => Promise<State>;
}

/** Where a process waits. */
interface Place {
  readonly delivery: Delivery;
  readonly situation: Situation;
  readonly call: Call;
  readonly request: Request;
}

/** All that can happen next, as far as the faults that are left allow. */
function stepsFrom(model: Model, state: State): Step[] {
  return [
    ...state.deliveries.flatMap((delivery, index) => {
      const { at } = delivery;
      if (at === 'end') return [];
      if (at === 'rest') return beginning(model, state, delivery, state.deliveries[index - 1]);
      return at.open.flatMap((call) => {
        const request = delivery.open.get(call.id);
        if (request === undefined) return [];
        const place = { delivery, situation: at, call, request };
        return [
          ...answering(model, state, place),
          ...freezing(model, state, place),
          ...crashing(model, state, place),
        ];
      });
    }),
    ...state.adrift.map(({ by, call }, index) => ({
      text: `${by}'s ${call.name} happens after all`,
      take: async () => {
        const { world } = carryOut(model, state.world, call, 1);
        return { ...state, world, adrift: state.adrift.toSpliced(index, 1) };
      },
    })),
    ...passingTime(model, state),
  ];
}

function beginning(model: Model, state: State, delivery: Delivery, before: Delivery | undefined): Step[] {
  const { name, rounds } = delivery;
  if (rounds === model.rounds || (model.alike && before?.rounds === 0)) return [];
  return [
    {
      text: rounds === 0 ? `${name} begins` : `${name} tries again`,
      take: async () => {
        const situation = await programOf(model, name).begin(state.now);
        return moved(model, state, { ...delivery, rounds: rounds + 1 }, situation);
      },
    },
  ];
}

/** A request is carried out, or something goes wrong with it; then its answer is heard. */
function answering(model: Model, state: State, place: Place): Step[] {
  const { delivery, call, request } = place;
  const { name } = delivery;
  const { answer } = request;
  if (answer !== undefined) {
    return [{ text: `${name} hears of its ${call.name}`, take: () => hear(model, state, place, answer) }];
  }
  const end = async (happens: Mishap['happens'], heard: Answer | undefined, left: Budget) => {
    const times = { never: 0, later: 0, once: 1, twice: 2 }[happens];
    const { world, said } = carryOut(model, state.world, call, times);
    const adrift = happens === 'later' ? [...state.adrift, { by: name, call }] : state.adrift;
    const after = { ...state, world, adrift, left };
    return model.slowAnswers
      ? changedRequest(after, place, { ...request, answer: heard ?? said })
      : hear(model, after, place, heard ?? said);
  };
  return [
    { text: `${name}'s ${call.name}`, take: () => end('once', undefined, state.left) },
    ...model.mishaps(call).flatMap((mishap) =>
      within(state, mishap.fault, (left) => ({
        text: `${name}'s ${call.name} ${mishap.text}`,
        take: () => end(mishap.happens, mishap.answer, left),
      })),
    ),
  ];
}

/** The process stands still for as long as it takes, before its request is carried out or after. */
function freezing(model: Model, state: State, place: Place): Step[] {
  const { delivery, call, request } = place;
  if (request.due === Infinity) return [];
  const frozen = { ...request, due: Infinity };
  const before = within(state, model.freeze(call), (left) => ({
    text: `${delivery.name} is frozen in its ${call.name}`,
    take: async () => changedRequest({ ...state, left }, place, frozen),
  }));
  if (model.slowAnswers) return before;
  const after = within(state, model.freeze(call), (left) => ({
    text: `${delivery.name} is frozen after its ${call.name}`,
    take: async () => {
      const { world, said } = carryOut(model, state.world, call, 1);
      return changedRequest({ ...state, world, left }, place, { ...frozen, answer: said });
    },
  }));
  return [...before, ...after];
}

/** The process is gone, before its request was carried out or after. */
function crashing(model: Model, state: State, { delivery, situation, call, request }: Place): Step[] {
  const gone: Delivery = { ...delivery, at: 'end', open: new Map() };
  const after = within(state, model.crash(situation, call), (left) => ({
    text: `${delivery.name} crashes after its ${call.name}`,
    take: async () => {
      const { world } = carryOut(model, state.world, call, request.answer === undefined ? 1 : 0);
      return changed({ ...state, world, left }, gone);
    },
  }));
  if (request.answer !== undefined) return after;
  const before = within(state, model.crash(situation, undefined), (left) => ({
    text: `${delivery.name} crashes before its ${call.name}`,
    take: async () => changed({ ...state, left }, gone),
  }));
  return [...before, ...after];
}

function passingTime(model: Model, state: State): Step[] {
  const due = Math.min(
    ...state.deliveries.flatMap(({ open }) => [...open.values()].map((request) => request.due)),
  );
  return [...new Set(model.turningPoints(state.world.items))]
    .filter((at) => at > state.now && at <= due)
    .map((at) => ({ text: `${(at - state.now) / 1_000} s pass`, take: async () => ({ ...state, now: at }) }));
}

/** The step, if a fault of this kind may still happen; `left` is what may happen after it. */
function within({ left }: State, fault: Fault, step: (left: Budget) => Step): Step[] {
  const times = left[fault] ?? 0;
  return times > 0 ? [step({ ...left, [fault]: times - 1 })] : [];
}

function programOf(model: Model, delivery: string): Situations {
  const program = model.programs.get(delivery);
  if (program === undefined) throw new Error(`the model has no program for ${delivery}`);
  return program;
}

async function hear(
  model: Model,
  state: State,
  { delivery, situation, call }: Place,
  answer: Answer,
): Promise<State> {
  const next = await programOf(model, delivery.name).hear(situation, { call, at: state.now, answer });
  return moved(model, state, delivery, next);
}

/** A delivery in its new situation: with requests under way, at rest, or at its end. */
function moved(model: Model, state: State, delivery: Delivery, situation: Situation): State {
  if (situation.ending !== undefined) {
    const at = situation.ending === 'over' || delivery.rounds === model.rounds ? 'end' : 'rest';
    return changed(state, { ...delivery, at, open: new Map() });
  }
  const open = situation.open.map((call) => {
    const before = delivery.open.get(call.id);
    return [call.id, before ?? { due: state.now + model.limitMs(call), answer: undefined }] as const;
  });
  return changed(state, { ...delivery, at: situation, open: new Map(open) });
}

function changed(state: State, delivery: Delivery): State {
  const deliveries = state.deliveries.map((other) => (other.name === delivery.name ? delivery : other));
  return { ...state, deliveries };
}

function changedRequest(state: State, { delivery, call }: Place, request: Request): State {
  return changed(state, { ...delivery, open: new Map(delivery.open).set(call.id, request) });
}
