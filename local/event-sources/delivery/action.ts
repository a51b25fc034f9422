import type { Deliverable } from './queue.ts';
import type { Batch, GiveUp, PartitionKey } from './state.ts';

/** What the delivery rules want done. */
export type DeliveryAction<R extends Deliverable> =
  | { readonly type: 'deliver'; readonly batch: Batch<R> }
  /** These records are delivered no more: send them to the destination or drop them, then say `gave-up`. */
  | { readonly type: 'give-up'; readonly giveUp: GiveUp<R> }
  /** Everything of the partition up to and including `last` is handled. */
  | { readonly type: 'commit'; readonly poller: number; readonly partition: PartitionKey; readonly last: R };
