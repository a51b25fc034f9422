import { textOf } from './plain.ts';
import type { Answer, Call, Situation, Situations } from './program.ts';
import type { Budget, Delivery, Fault, Mishap, Model, Request, State } from './state.ts';

/** One thing that can happen next. */
export interface Step<Ports, World> {
  readonly text: string;
  readonly take: () => Promise<State<Ports, World>>;
}

/** Where a process waits. */
interface Place<Ports> {
  readonly delivery: Delivery<Ports>;
  readonly situation: Situation<Ports>;
  readonly call: Call<Ports>;
  readonly request: Request;
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

/** A request is carried out, or something goes wrong with it; then its answer is heard. */
function answering<Ports, World>(
  model: Model<Ports, World>,
  state: State<Ports, World>,
  place: Place<Ports>,
): Step<Ports, World>[] {
  const { delivery, call, request } = place;
  const { name } = delivery;
  const { answer } = request;
  if (answer !== undefined) {
    return [{ text: `${name} hears of its ${call.port}`, take: () => hear(model, state, place, answer) }];
  }
  const end = async (happens: Mishap['happens'], heard: Answer | undefined, left: Budget) => {
    const times = { never: 0, later: 0, once: 1, twice: 2 }[happens];
    const { world, said } = await carryOut(model, state.world, name, call, times);
    const adrift = happens === 'later' ? [...state.adrift, { by: name, call }] : state.adrift;
    const after = { ...state, world, adrift, left };
    return model.slowAnswers
      ? changedRequest(after, place, { ...request, answer: heard ?? said })
      : hear(model, after, place, heard ?? said);
  };
  return [
    { text: `${name}'s ${call.port}`, take: () => end('once', undefined, state.left) },
    ...model.mishaps(call).flatMap((mishap) =>
      within(state, mishap.fault, (left) => ({
        text: `${name}'s ${call.port} ${mishap.text}`,
        take: () => end(mishap.happens, mishap.answer, left),
      })),
    ),
  ];
}

/** The process stands still for as long as it takes, before its request is carried out or after. */
function freezing<Ports, World>(
  model: Model<Ports, World>,
  state: State<Ports, World>,
  place: Place<Ports>,
): Step<Ports, World>[] {
  const { delivery, call, request } = place;
  if (request.due === Infinity) return [];
  const frozen = { ...request, due: Infinity };
  return within(state, model.freeze(call), (left) => ({
    text: `${delivery.name} is frozen in its ${call.port}`,
    take: async () => changedRequest({ ...state, left }, place, frozen),
  })).concat(
    model.slowAnswers
      ? []
      : within(state, model.freeze(call), (left) => ({
          text: `${delivery.name} is frozen after its ${call.port}`,
          take: async () => {
            const { world, said } = await carryOut(model, state.world, delivery.name, call, 1);
            return changedRequest({ ...state, world, left }, place, { ...frozen, answer: said });
          },
        })),
  );
}

/** The process is gone, before its request was carried out or after. */
function crashing<Ports, World>(
  model: Model<Ports, World>,
  state: State<Ports, World>,
  { delivery, situation, call, request }: Place<Ports>,
): Step<Ports, World>[] {
  const gone: Delivery<Ports> = { ...delivery, at: 'end', open: new Map() };
  const after = within(state, model.crash(situation, call), (left) => ({
    text: `${delivery.name} crashes after its ${call.port}`,
    take: async () => {
      const times = request.answer === undefined ? 1 : 0;
      const { world } = await carryOut(model, state.world, delivery.name, call, times);
      return changed({ ...state, world, left }, gone);
    },
  }));
  if (request.answer !== undefined) return after;
  const before = within(state, model.crash(situation, undefined), (left) => ({
    text: `${delivery.name} crashes before its ${call.port}`,
    take: async () => changed({ ...state, left }, gone),
  }));
  return [...before, ...after];
}

function passingTime<Ports, World>(
  model: Model<Ports, World>,
  state: State<Ports, World>,
): Step<Ports, World>[] {
  const due = Math.min(
    ...state.deliveries.flatMap(({ open }) => [...open.values()].map((request) => request.due)),
  );
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

async function hear<Ports, World>(
  model: Model<Ports, World>,
  state: State<Ports, World>,
  { delivery, situation, call }: Place<Ports>,
  answer: Answer,
): Promise<State<Ports, World>> {
  const next = await programOf(model, delivery.name).hear(situation, { call, at: state.now, answer });
  return moved(model, state, delivery, next);
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
    return changed(state, { ...delivery, at, open: new Map() });
  }
  const open = situation.open.map((call) => {
    const before = delivery.open.get(call.id);
    return [call.id, before ?? { due: state.now + model.limitMs(call), answer: undefined }] as const;
  });
  return changed(state, { ...delivery, at: situation, open: new Map(open) });
}

function changed<Ports, World>(state: State<Ports, World>, delivery: Delivery<Ports>): State<Ports, World> {
  const deliveries = state.deliveries.map((other) => (other.name === delivery.name ? delivery : other));
  return { ...state, deliveries };
}

function changedRequest<Ports, World>(
  state: State<Ports, World>,
  { delivery, call }: Place<Ports>,
  request: Request,
): State<Ports, World> {
  return changed(state, { ...delivery, open: new Map(delivery.open).set(call.id, request) });
}
