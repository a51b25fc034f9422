import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import type { OrderId } from '../orders/ids.ts';
import { sequenceNumbersOf } from './plan.ts';
import { publishOrders, type RelayPorts } from './publish-orders.ts';
import { readWakeups } from './stream-event.ts';

export type RelayHandler = (event: DynamoDBStreamEvent) => Promise<DynamoDBBatchResponse>;

/**
 * The relay: publishes what the outbox holds of the orders that a batch of its stream names, then deletes it.
 *
 * The answer names the stream records of the orders that are not finished; all others are.
 */
export function relayHandler(ports: RelayPorts): RelayHandler {
  return async (event) => {
    const wakeups = readWakeups(event);
    const failed = new Set<OrderId>();

    const published = await publishOrders(wakeups, ports, failed);

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
