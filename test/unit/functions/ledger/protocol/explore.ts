import { textOf } from './plain.ts';
import type { Budget, Model, State } from './state.ts';
import { carryOut, programOf, stepsFrom } from './steps.ts';

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
export async function explore<Ports, World>(model: Model<Ports, World>, budget: Budget): Promise<Findings> {
  const known = new Map<string, Found>();
  const lateOutcomes = new Map<string, string>();

  async function visit(state: State<Ports, World>): Promise<Found> {
    const key = keyOf(state);
    const before = known.get(key);
    if (before !== undefined) return before;

    const outcomes = new Map<string, Path>();
    let schedules = 0;
    if (state.deliveries.every(({ at }) => at === 'rest' || at === 'end')) {
      const lateKey = textOf([state.now, state.world]);
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

  const { outcomes, schedules } = await visit({
    now: 0,
    world: model.start,
    deliveries: model.deliveries.map((name) => ({ name, rounds: 0, at: 'rest', open: new Map() })),
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

function keyOf<Ports, World>({ now, world, deliveries, adrift, left }: State<Ports, World>): string {
  const locals = deliveries.map(({ rounds, at, open }) =>
    typeof at === 'string'
      ? [rounds, at]
      : [rounds, at.id, ...[...open.values()].map(({ due, answer }) => [due, answer?.text])],
  );
  return textOf([now, world, locals, adrift, left]);
}

/** Rounds within which a delivery without a fault has to come to its end. */
const PATIENCE = 10;

/** The batch delivered by itself, each round after all the time that the world asks for. */
async function outcomeAfterLateDelivery<Ports, World>(
  model: Model<Ports, World>,
  state: State<Ports, World>,
): Promise<string> {
  const situations = programOf(model, 'late');
  let { now, world } = state;
  for (let round = 0; round < PATIENCE; round++) {
    let situation = await situations.begin(now);
    for (let [call] = situation.open; call !== undefined; [call] = situation.open) {
      const done = await carryOut(model, world, 'late', call, 1);
      world = done.world;
      situation = await situations.hear(situation, { call, at: now, answer: done.said });
    }
    if (situation.ending === 'over') return model.outcome(world);
    now = Math.max(now, ...model.turningPoints(world));
  }
  return `${model.outcome(world)}, and no end`;
}
