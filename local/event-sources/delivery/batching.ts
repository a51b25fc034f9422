import { type Deliverable, dequeue, head, headArrivedAt } from './queue.ts';
import {
  announce,
  type Batch,
  type DeliveryAction,
  type DeliveryRules,
  type DeliveryState,
  type GiveUpReason,
  givenUp,
  type Held,
  hold,
  inFlight,
  isNext,
  NOTHING_YET,
  type Partition,
  replace,
  type Slice,
} from './state.ts';

/** Retries that are due first, then as many new batches as are ready. What can't be delivered is given up. */
export function send<R extends Deliverable>(state: DeliveryState<R>, now: number): DeliveryAction<R>[] {
  // First of all, because what is given up is in nobody's way any more.
  const actions = giveUpWaiting(state, now);
  const room = new Map<number, number>();
  const takeRoom = (poller: number) => {
    const left = room.get(poller) ?? state.rules.maxInFlight - inFlight(state, poller);
    room.set(poller, left - 1);
    return left > 0;
  };
  const deliver = (batch: Batch<R>): Held<R> => {
    actions.push({ type: 'deliver', batch });
    return { kind: 'in-flight', batch };
  };
  for (const held of state.held.values()) {
    if (held.kind !== 'waiting' || held.dueAt > now || !isNext(state, held.batch)) continue;
    if (takeRoom(held.batch.poller)) state.held.set(held.batch.id, deliver(held.batch));
  }
  for (const partition of state.partitions.values()) actions.push(...giveUpHead(state, partition, now));
  for (const [poller, free] of freePartitions(state)) {
    while (isReady(free, state.rules, now) && takeRoom(poller)) {
      const slices = take(state, free, now);
      hold(state, deliver({ ...NOTHING_YET, id: state.nextId++, poller, slices }));
    }
  }
  return actions;
}

/** Age counts from the record's own timestamp. AWS doesn't say which timestamp or clock it means. */
function isTooOld({ maximumRecordAgeMs }: DeliveryRules, { timestamp }: Deliverable, now: number): boolean {
  return maximumRecordAgeMs !== undefined && now - timestamp > maximumRecordAgeMs;
}

/** Why a record can't be delivered; undefined if it can. */
function undeliverable(rules: DeliveryRules, record: Deliverable, now: number): GiveUpReason | undefined {
  if (isTooOld(rules, record, now)) return 'record-too-old';
  return record.bytes > rules.maxBytes - rules.sliceBytes ? 'payload-too-large' : undefined;
}

/** What is left of some slices when only these records stay. */
function only<R extends Deliverable>(slices: readonly Slice<R>[], stays: (record: R) => boolean): Slice<R>[] {
  return slices
    .map((slice) => ({ ...slice, records: slice.records.filter(stays) }))
    .filter(({ records }) => records.length > 0);
}

/** Gives up the records of batches due that have become too old while they waited; the others stay due. */
function giveUpWaiting<R extends Deliverable>(state: DeliveryState<R>, now: number): DeliveryAction<R>[] {
  if (state.rules.maximumRecordAgeMs === undefined) return [];
  return [...state.held.values()].flatMap((held) => {
    if (held.kind !== 'waiting' || held.dueAt > now) return [];
    const old = only(held.batch.slices, (record) => isTooOld(state.rules, record, now));
    if (old.length === 0) return [];
    const young = only(held.batch.slices, (record) => !isTooOld(state.rules, record, now));
    const rest = { ...held, batch: { ...held.batch, id: state.nextId++, slices: young } };
    const tooOld = givenUp(state, 'record-too-old', held.batch, old);
    return replace(state, held, young.length > 0 ? [rest, tooOld] : [tooOld]);
  });
}

/** Gives up the records at the head of a free partition that can't be delivered, a batch of them at most. */
function giveUpHead<R extends Deliverable>(
  state: DeliveryState<R>,
  partition: Partition<R>,
  now: number,
): DeliveryAction<R>[] {
  const first = head(partition.queue);
  if (first === undefined || partition.poller === undefined || partition.holders.length > 0) return [];
  const reason = undeliverable(state.rules, first, now);
  if (reason === undefined) return [];
  const { records } = dequeue(partition.queue, {
    maxRecords: state.rules.batchSize,
    maxBytes: Number.POSITIVE_INFINITY,
    allows: (record) => undeliverable(state.rules, record, now) === reason,
  });
  const slice = { partition: partition.key, epoch: partition.epoch, records };
  const held = givenUp<R>(state, reason, NOTHING_YET, [slice]);
  hold(state, held);
  return announce(held);
}

/** By poller, the partitions that have something to send and aren't held, longest waiting first. */
function freePartitions<R extends Deliverable>(state: DeliveryState<R>): Map<number, Partition<R>[]> {
  const byPoller = new Map<number, Partition<R>[]>();
  for (const partition of state.partitions.values()) {
    if (partition.poller === undefined || partition.holders.length > 0 || partition.queue.count === 0)
      continue;
    const free = byPoller.get(partition.poller);
    if (free === undefined) byPoller.set(partition.poller, [partition]);
    else free.push(partition);
  }
  const waitingSince = (partition: Partition<R>) => headArrivedAt(partition.queue) ?? 0;
  for (const free of byPoller.values()) free.sort((a, b) => waitingSince(a) - waitingSince(b));
  return byPoller;
}

/** Lambda invokes when the first of three holds: the window is over, the batch is full, the event is full. */
function isReady<R extends Deliverable>(
  free: readonly Partition<R>[],
  rules: DeliveryRules,
  now: number,
): boolean {
  let count = 0;
  let bytes = 0;
  for (const { queue } of free) {
    const arrivedAt = headArrivedAt(queue);
    if (arrivedAt !== undefined && now - arrivedAt >= rules.windowMs) return true;
    count += queue.count;
    bytes += queue.bytes + rules.sliceBytes;
  }
  return count >= rules.batchSize || bytes >= rules.maxBytes;
}

/** Fills one batch from the front of `free`, and removes the partitions it then holds. */
function take<R extends Deliverable>(
  { rules }: DeliveryState<R>,
  free: Partition<R>[],
  now: number,
): readonly Slice<R>[] {
  const slices: Slice<R>[] = [];
  let count = 0;
  let bytes = 0;
  for (let [partition] = free; partition !== undefined; [partition] = free) {
    const taken = dequeue(partition.queue, {
      maxRecords: rules.batchSize - count,
      maxBytes: rules.maxBytes - bytes - rules.sliceBytes,
      allows: (record) => undeliverable(rules, record, now) === undefined,
    });
    // It is full. A record further back that would still fit has to wait for its turn.
    if (taken.records.length === 0) break;
    slices.push({ partition: partition.key, epoch: partition.epoch, records: taken.records });
    count += taken.records.length;
    bytes += taken.bytes + rules.sliceBytes;
    free.shift();
  }
  return slices;
}
