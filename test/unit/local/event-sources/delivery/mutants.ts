import { step } from '../../../../../local/event-sources/delivery/machine.ts';
import type { Deliverable } from '../../../../../local/event-sources/delivery/queue.ts';
import type { DeliveryState, Held, Slice } from '../../../../../local/event-sources/delivery/state.ts';

type Waiting<R extends Deliverable> = Extract<Held<R>, { kind: 'waiting' }>;

/** Changes the batches that wait; undefined lets one go, as if it were handled. */
function changeWaiting<R extends Deliverable>(
  state: DeliveryState<R>,
  change: (held: Waiting<R>) => Waiting<R> | undefined,
): void {
  for (const [id, held] of state.held) {
    if (held.kind !== 'waiting') continue;
    const changed = change(held);
    if (changed !== undefined) {
      state.held.set(id, changed);
      continue;
    }
    state.held.delete(id);
    for (const { holders } of state.partitions.values()) {
      if (holders.includes(id)) holders.splice(holders.indexOf(id), 1);
    }
  }
}

function changeSlices<R extends Deliverable>(
  state: DeliveryState<R>,
  change: (slice: Slice<R>) => readonly R[],
): void {
  changeWaiting(state, (held) => {
    const slices = held.batch.slices
      .map((slice) => ({ ...slice, records: change(slice) }))
      .filter(({ records }) => records.length > 0);
    return slices.length === 0 ? undefined : { ...held, batch: { ...held.batch, slices } };
  });
}

/** Delivery machines with one rule broken each, by name of what they do. */
export const mutants: Readonly<Record<string, typeof step>> = {
  'commits when it delivers': (state, event, now) =>
    step(state, event, now).flatMap((action): (typeof action)[] => {
      if (action.type !== 'deliver') return [action];
      const { poller, slices } = action.batch;
      const early = slices.flatMap(({ partition, records }) => {
        const last = records.at(-1);
        return last === undefined ? [] : [{ type: 'commit' as const, poller, partition, last }];
      });
      return [action, ...early];
    }),
  'takes a failure for a success': (state, event, now) =>
    step(
      state,
      event.type === 'delivered' && event.verdict.kind === 'failed'
        ? { ...event, verdict: { kind: 'handled' } }
        : event,
      now,
    ),
  'takes a throttle for a failure': (state, event, now) =>
    step(
      state,
      event.type === 'delivered' && event.verdict.kind === 'not-invoked'
        ? { ...event, verdict: { kind: 'failed', cause: 'function-error', requestId: 'r' } }
        : event,
      now,
    ),
  'overlooks the lowest record of a partial failure': (state, event, now) => {
    if (event.type !== 'delivered' || event.verdict.kind !== 'partial') return step(state, event, now);
    const later = new Map(
      [...event.verdict.failed].map(([partition, indexes]) => {
        const lowest = Math.min(...indexes);
        return [partition, new Set([...indexes].filter((index) => index !== lowest))];
      }),
    );
    return step(state, { ...event, verdict: { ...event.verdict, failed: later } }, now);
  },
  'brings a whole partition again after a partial failure': (state, event, now) => {
    if (event.type !== 'delivered' || event.verdict.kind !== 'partial') return step(state, event, now);
    const all = new Map(
      [...event.verdict.failed].map(([partition, indexes]) => [
        partition,
        indexes.size === 0 ? indexes : new Set([0, ...indexes]),
      ]),
    );
    return step(state, { ...event, verdict: { ...event.verdict, failed: all } }, now);
  },
  'does not hold the partitions of a batch in flight': (state, event, now) => {
    const actions = step(state, event, now);
    for (const { holders } of state.partitions.values()) holders.length = 0;
    return actions;
  },
  'forgets that a partition has a new owner': (state, event, now) => {
    const actions = step(state, event, now);
    for (const partition of state.partitions.values()) partition.epoch = 1;
    return actions;
  },
  'goes on with what waits of a partition that was lost': (state, event, now) => {
    const waiting = [...state.held].filter(([, held]) => held.kind === 'waiting');
    const actions = step(state, event, now);
    if (event.type === 'assigned' && event.rejoined) {
      for (const [id, held] of waiting) {
        state.held.set(id, held);
        if (held.kind !== 'waiting') continue;
        for (const { partition } of held.batch.slices) state.partitions.get(partition)?.holders.unshift(id);
      }
    }
    return actions;
  },
  'never comes back to a batch that waits': (state, event, now) => {
    const actions = step(state, event, now);
    for (const [id, held] of state.held) if (held.kind === 'waiting') state.held.delete(id);
    return actions;
  },
  'forgets one of two halves': (state, event, now) => {
    const before = new Set(state.held.keys());
    const actions = step(state, event, now);
    const [first, second] = [...state.held].filter(([id, { kind }]) => kind === 'waiting' && !before.has(id));
    if (first !== undefined && second !== undefined) {
      changeWaiting(state, (held) => (held === second[1] ? undefined : held));
    }
    return actions;
  },
  'sends the second half first': (state, event, now) => {
    const actions = step(state, event, now);
    for (const { holders } of state.partitions.values()) holders.reverse();
    return actions;
  },
  'drops the last record of a batch that waits': (state, event, now) => {
    const actions = step(state, event, now);
    if (event.type === 'delivered') changeSlices(state, ({ records }) => records.slice(0, -1));
    return actions;
  },
  'never runs out of retries': (state, event, now) => {
    const actions = step(state, event, now);
    changeWaiting(state, (held) => ({ ...held, batch: { ...held.batch, retries: 0 } }));
    return actions;
  },
  'gives up one retry early': (state, event, now) => {
    const actions = step(state, event, now);
    for (const [id, held] of state.held) {
      if (held.kind !== 'in-flight' || held.batch.invocations > 0) continue;
      state.held.set(id, { ...held, batch: { ...held.batch, retries: 1 } });
    }
    return actions;
  },
  'counts one invocation too few': (state, event, now) =>
    step(state, event, now).map((action) =>
      action.type === 'give-up' && action.giveUp.invocations > 0
        ? { ...action, giveUp: { ...action.giveUp, invocations: action.giveUp.invocations - 1 } }
        : action,
    ),
  'takes no record for too old': (state, event, now) =>
    step(
      state,
      event.type === 'fetched'
        ? { ...event, records: event.records.map((record) => ({ ...record, timestamp: now + 1e9 })) }
        : event,
      now,
    ),
  'commits what is given up before it is at its destination': (state, event, now) =>
    step(state, event, now).flatMap((action): (typeof action)[] =>
      action.type === 'give-up'
        ? [action, ...step(state, { type: 'gave-up', id: action.giveUp.id }, now)]
        : [action],
    ),
  'drops what it should give up': (state, event, now) =>
    step(state, event, now).flatMap((action): (typeof action)[] =>
      action.type === 'give-up' ? [...step(state, { type: 'gave-up', id: action.giveUp.id }, now)] : [action],
    ),
  'never hears that a give-up is done': (state, event, now) =>
    step(state, event.type === 'gave-up' ? { type: 'woken' } : event, now),
};
