import type { Context, DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { OrderlyError } from '../errors.ts';
import { OrderId } from '../orders/ids.ts';
import type { OutboxKey } from '../outbox/row.ts';
import { sequenceNumbersOf } from './plan.ts';
import { publishOrders, type RelayPorts } from './publish-orders.ts';

export type RelayHandler = (
  event: DynamoDBStreamEvent,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
) => Promise<DynamoDBBatchResponse>;

/**
 * The relay: publishes what the outbox holds of the orders that a batch of its stream names, then deletes it.
 *
 * The answer names the stream records of the orders that are not finished; all others are.
 */
export function relayHandler(ports: RelayPorts): RelayHandler {
  return async (event, context) => {
    const wakeups = readWakeups(event);
    const failed = new Set<OrderId>();

    const published = await publishOrders(wakeups, ports, failed, () => context.getRemainingTimeInMillis());

    ports.logger.info('relayed', {
      records: wakeups.length,
      published,
      failed: failed.size,
    });
    ports.logger.measure({ Published: published });
    return {
      batchItemFailures: sequenceNumbersOf(wakeups, failed).map((itemIdentifier) => ({ itemIdentifier })),
    };
  };
}

/** A record of the outbox table's stream: this row was written. */
export interface Wakeup extends OutboxKey {
  /** What Lambda knows the record by in a partial batch response. */
  readonly sequenceNumber: string;
}

/**
 * The rows that a batch of the outbox table's stream (KEYS_ONLY) says were written; other changes, such as the relay's
 * own deletes, are passed over.
 *
 * @throws {OrderlyError} `STREAM_RECORD_INVALID` if this is not the outbox table's stream.
 */
export function readWakeups({ Records: records }: DynamoDBStreamEvent): Wakeup[] {
  return records.flatMap(({ eventName, dynamodb }) => {
    if (eventName !== 'INSERT') return [];
    const orderId = OrderId.safeParse(dynamodb?.Keys?.orderId?.S);
    const seq = Number(dynamodb?.Keys?.seq?.N);
    const sequenceNumber = dynamodb?.SequenceNumber;
    if (!orderId.success || !Number.isSafeInteger(seq) || sequenceNumber === undefined) {
      throw new OrderlyError('STREAM_RECORD_INVALID', 'a stream record is not one of the outbox table');
    }
    return [{ orderId: orderId.data, seq, sequenceNumber }];
  });
}
