import { type DeliveryEvent, step, wakeAt } from '../../local/event-sources/delivery/machine.ts';
import type { Deliverable } from '../../local/event-sources/delivery/queue.ts';
import {
  type Batch,
  type DeliveryAction,
  type DeliveryRules,
  deliveryState,
  type GiveUp,
  type PartitionKey,
} from '../../local/event-sources/delivery/state.ts';
import { judge, type Locate } from '../../local/event-sources/delivery/verdict.ts';
import type { Chance } from '../support/chance.ts';
import type { FaultKind, Faults } from './faults.ts';
import type { History } from './history.ts';
import type { LambdaHost } from './lambda.ts';
import type { Scheduler, Timer } from './scheduler.ts';

export interface EventSourceOptions<R extends Deliverable> {
  readonly name: string;
  readonly functionName: string;
  readonly partitions: readonly PartitionKey[];
  /** What stands in a partition now; a position is an index of it. */
  readonly read: (partition: PartitionKey) => readonly R[];
  /** The position after a record. */
  readonly after: (record: R) => number;
  readonly rules: DeliveryRules;
  readonly pollers: number;
  readonly render: (batch: Batch<R>) => string;
  readonly locate: Locate<R>;
  /** Told when records are given up; `done` says that they are where they go. */
  readonly giveUp: (giveUp: GiveUp<R>, done: () => void) => void;
  /** Told before a partition's position moves. */
  readonly committing: (partition: PartitionKey, from: number, to: number) => void;
  /** The faults by which its readers are replaced, share anew, or begin at the beginning. */
  readonly upsets: {
    readonly restarted: FaultKind;
    readonly shared?: FaultKind;
    readonly rewound?: FaultKind;
  };
}

export interface EventSourcePorts {
  readonly clock: Scheduler;
  readonly random: Chance;
  readonly faults: Faults;
  readonly history: History;
  readonly lambda: LambdaHost;
}

export interface EventSource {
  /** There is more in a partition. */
  appended(partition: PartitionKey): void;
  /** Whether everything that stands in the log is behind the committed positions. */
  isDone(): boolean;
  /** How much of a partition is behind its committed position. */
  committed(partition: PartitionKey): number;
}

/** A partition as its present owner reads it. */
interface Assignment {
  readonly poller: number;
  /** The next record to read. */
  position: number;
  isFetching: boolean;
}

/**
 * An event source mapping: production's delivery rules, fed from a log in memory, whose pollers die, come back and pass
 * partitions to each other while their batches are still running.
 */
export function eventSource<R extends Deliverable>(
  options: EventSourceOptions<R>,
  { clock, random, faults, history, lambda }: EventSourcePorts,
): EventSource {
  const { name, partitions, pollers, upsets } = options;
  const committed = new Map<PartitionKey, number>(partitions.map((partition) => [partition, 0]));
  /** By partition; another object after each change of owner. */
  let assignments = new Map<PartitionKey, Assignment>();
  let state = deliveryState<R>(options.rules);
  let timer: Timer | undefined;

  function take(event: DeliveryEvent<R>): void {
    for (const action of step(state, event, clock.now())) perform(action);
    timer?.cancel();
    const at = wakeAt(state);
    timer = at === undefined ? undefined : clock.after(at - clock.now(), () => take({ type: 'woken' }));
  }

  /** Whether the pollers are still those of now: what replaced ones still do is none of their successors' business. */
  function present(): () => boolean {
    const mine = state;
    return () => mine === state;
  }

  function perform(action: DeliveryAction<R>): void {
    switch (action.type) {
      case 'deliver':
        deliver(action.batch);
        break;
      case 'give-up':
        giveUp(action.giveUp);
        break;
      case 'commit':
        commit(action.partition, options.after(action.last));
        break;
    }
  }

  function deliver(batch: Batch<R>): void {
    const rules = { partialResponses: true, locate: options.locate };
    const isPresent = present();
    lambda.invoke(options.functionName, options.render(batch), (result) => {
      if (!isPresent()) return;
      take({ type: 'delivered', batchId: batch.id, verdict: judge(batch, result, rules) });
    });
    tempt();
  }

  function giveUp(records: GiveUp<R>): void {
    const { id, reason } = records;
    const isPresent = present();
    history.note({ what: 'gave up', source: name, reason, records: textOf(records) });
    options.giveUp(records, () => {
      if (isPresent()) take({ type: 'gave-up', id });
    });
  }

  /** Something may befall the pollers while a batch is running. */
  function tempt(): void {
    const isPresent = present();
    const soon = (what: () => void) =>
      clock.after(random.int(1, 10_000), () => {
        if (isPresent()) what();
      });
    if (faults.strikes(upsets.restarted, name)) soon(restart);
    else if (upsets.shared !== undefined && faults.strikes(upsets.shared, name)) soon(share);
    else if (upsets.rewound !== undefined && faults.strikes(upsets.rewound, name)) soon(rewind);
  }

  /** Nothing of a partition that has changed hands since is committed. */
  function commit(partition: PartitionKey, position: number): void {
    const assignment = assignments.get(partition);
    clock.after(random.int(1, 25), () => {
      if (assignment === undefined || assignments.get(partition) !== assignment) return;
      const before = committed.get(partition) ?? 0;
      if (position <= before) return;
      options.committing(partition, before, position);
      committed.set(partition, position);
      history.note({ what: 'committed', source: name, partition, position });
    });
  }

  function fetch(partition: PartitionKey): void {
    const assignment = assignments.get(partition);
    if (assignment === undefined || assignment.isFetching) return;
    if (assignment.position >= options.read(partition).length) return;
    assignment.isFetching = true;
    clock.after(random.int(1, 20), () => {
      if (assignments.get(partition) !== assignment) return;
      assignment.isFetching = false;
      const { poller, position } = assignment;
      const records = options.read(partition).slice(position, position + random.int(1, 30));
      assignment.position += records.length;
      take({ type: 'fetched', poller, partition, records });
      fetch(partition);
    });
  }

  /** Gives each partition to a poller; one that `rejoined` keeps nothing of what it had read. */
  function assign(rejoined: boolean): void {
    const before = assignments;
    assignments = new Map(
      partitions.map((partition) => {
        const poller = random.int(0, pollers - 1);
        const old = before.get(partition);
        if (!rejoined && old?.poller === poller) return [partition, old];
        return [partition, { poller, position: committed.get(partition) ?? 0, isFetching: false }];
      }),
    );
    for (let poller = 0; poller < pollers; poller += 1) {
      const its = partitions.filter((partition) => assignments.get(partition)?.poller === poller);
      take({ type: 'assigned', poller, partitions: its, rejoined });
    }
    for (const partition of partitions) fetch(partition);
  }

  function restart(): void {
    state = deliveryState<R>(options.rules);
    assign(true);
  }

  const share = () => assign(random.hits(0.3));

  function rewind(): void {
    for (const partition of partitions) if (random.hits(0.5)) committed.set(partition, 0);
    restart();
  }

  assign(true);
  return {
    appended: fetch,
    committed: (partition) => committed.get(partition) ?? 0,
    isDone: () =>
      partitions.every((partition) => (committed.get(partition) ?? 0) >= options.read(partition).length),
  };
}

function textOf({ slices }: GiveUp<Deliverable>): string {
  return slices.map(({ partition, records }) => `${records.length} of ${partition}`).join(', ');
}
