import { textOf } from './plain.ts';
import type { Answer, Call, Situation, Situations } from './program.ts';
import type { Budget, Delivery, Fault, Mishap, Model, State } from './state.ts';

/** One thing that can happen next. */
export interface Step<Ports, World> {
  readonly text: string;
  readonly take: () => Promise<State<Ports, World>>;
}

/** All that can happen next, as far as the faults that are left allow. */
export function stepsFrom<Ports, World>(
  model: Model<Ports, World>,
  state: State<Ports, World>,
): Step<Ports, World>[] {
  return [
    ...state.deliveries.flatMap((delivery, index) => {
      const { at } = delivery;
      if (at === 'end') return [];
      if (at === 'rest') return beginning(model, state, delivery, state.deliveries[index - 1]);
      return at.open.flatMap((call) => [
        ...answering(model, state, delivery, at, call),
        ...freezing(model, state, delivery, call),
        ...crashing(model, state, delivery, at, call),
      ]);
    }),
    ...state.adrift.map(({ by, call }, index) => ({
      text: `${by}'s ${call.port} happens after all`,
      take: async () => {
        const { world } = await carryOut(model, state.world, by, call, 1);
        return { ...state, world, adrift: state.adrift.toSpliced(index, 1) };
      },
    })),
    ...passingTime(model, state),
  ];
}

function beginning<Ports, World>(
  model: Model<Ports, World>,
  state: State<Ports, World>,
  delivery: Delivery<Ports>,
  before: Delivery<Ports> | undefined,
): Step<Ports, World>[] {
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

/** A request is carried out and answered, or something goes wrong with it. */
function answering<Ports, World>(
  model: Model<Ports, World>,
  state: State<Ports, World>,
  delivery: Delivery<Ports>,
  situation: Situation<Ports>,
  call: Call<Ports>,
): Step<Ports, World>[] {
  const { name } = delivery;
  const end = async (happens: Mishap['happens'], heard: Answer | undefined, left: Budget) => {
    const times = { never: 0, later: 0, once: 1, twice: 2 }[happens];
    const { world, said } = await carryOut(model, state.world, name, call, times);
    const adrift = happens === 'later' ? [...state.adrift, { by: name, call }] : state.adrift;
    const answer = heard ?? said;
    const next = await programOf(model, name).hear(situation, { call, at: state.now, answer });
    return moved(model, { ...state, world, adrift, left }, delivery, next);
  };
  return [
    { text: `${name}'s ${call.port}`, take: () => end('once', undefined, state.left) },
    ...model.mishaps(call).flatMap(({ text, fault, happens, answer }) =>
      within(state, fault, (left) => ({
        text: `${name}'s ${call.port} ${text}`,
        take: () => end(happens, answer, left),
      })),
    ),
  ];
}

function freezing<Ports, World>(
  model: Model<Ports, World>,
  state: State<Ports, World>,
  delivery: Delivery<Ports>,
  call: Call<Ports>,
): Step<Ports, World>[] {
  if (delivery.due.get(call.id) === Infinity) return [];
  return within(state, model.freeze(call), (left) => ({
    text: `${delivery.name} is frozen in its ${call.port}`,
    take: async () => {
      const due = new Map(delivery.due).set(call.id, Infinity);
      return changed({ ...state, left }, { ...delivery, due });
    },
  }));
}

/** The process is gone, before its request was carried out or right after. */
function crashing<Ports, World>(
  model: Model<Ports, World>,
  state: State<Ports, World>,
  delivery: Delivery<Ports>,
  situation: Situation<Ports>,
  call: Call<Ports>,
): Step<Ports, World>[] {
  const gone: Delivery<Ports> = { ...delivery, at: 'end', due: new Map() };
  return [
    ...within(state, model.crash(situation, undefined), (left) => ({
      text: `${delivery.name} crashes before its ${call.port}`,
      take: async () => changed({ ...state, left }, gone),
    })),
    ...within(state, model.crash(situation, call), (left) => ({
      text: `${delivery.name} crashes after its ${call.port}`,
      take: async () => {
        const { world } = await carryOut(model, state.world, delivery.name, call, 1);
        return changed({ ...state, world, left }, gone);
      },
    })),
  ];
}

function passingTime<Ports, World>(
  model: Model<Ports, World>,
  state: State<Ports, World>,
): Step<Ports, World>[] {
  const due = Math.min(...state.deliveries.flatMap((delivery) => [...delivery.due.values()]));
  return [...new Set(model.turningPoints(state.world))]
    .filter((at) => at > state.now && at <= due)
    .map((at) => ({ text: `${(at - state.now) / 1_000} s pass`, take: async () => ({ ...state, now: at }) }));
}

/** The step, if a fault of this kind may still happen; `left` is what may happen after it. */
function within<Ports, World>(
  { left }: State<Ports, World>,
  fault: Fault,
  step: (left: Budget) => Step<Ports, World>,
): Step<Ports, World>[] {
  const times = left[fault] ?? 0;
  return times > 0 ? [step({ ...left, [fault]: times - 1 })] : [];
}

/** The world after a request was carried out so often, and what its port said last. */
export async function carryOut<Ports, World>(
  model: Model<Ports, World>,
  world: World,
  by: string,
  { port, request }: Call<Ports>,
  times: number,
): Promise<{ readonly world: World; readonly said: Answer }> {
  const after = model.copy(world);
  // The request was made to this very port, so its type fits.
  const perform = model.twin(after, by)[port] as (request: unknown) => Promise<unknown>;
  let said: Answer = { text: 'nothing', value: undefined };
  for (let time = 0; time < times; time++) {
    try {
      const value = await perform(request);
      said = { text: textOf(value), value };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      said = { text: error.name, error };
    }
  }
  return { world: after, said };
}

/** What a delivery runs. */
export function programOf<Ports, World>(model: Model<Ports, World>, delivery: string): Situations<Ports> {
  const program = model.programs.get(delivery);
  if (program === undefined) throw new Error(`the model has no program for ${delivery}`);
  return program;
}

/** A delivery in its new situation: with requests under way, at rest, or at its end. */
function moved<Ports, World>(
  model: Model<Ports, World>,
  state: State<Ports, World>,
  delivery: Delivery<Ports>,
  situation: Situation<Ports>,
): State<Ports, World> {
  if (situation.ending !== undefined) {
    const at = situation.ending === 'over' || delivery.rounds === model.rounds ? 'end' : 'rest';
    return changed(state, { ...delivery, at, due: new Map() });
  }
  const due = situation.open.map(
    (call) => [call.id, delivery.due.get(call.id) ?? state.now + model.limitMs(call)] as const,
  );
  return changed(state, { ...delivery, at: situation, due: new Map(due) });
}

function changed<Ports, World>(state: State<Ports, World>, delivery: Delivery<Ports>): State<Ports, World> {
  const deliveries = state.deliveries.map((other) => (other.name === delivery.name ? delivery : other));
  return { ...state, deliveries };
}
