import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { WriteDeadLetter } from '../../functions/dead-letters/letter.ts';
import type { KafkaHandler } from '../../functions/kafka/consume.ts';
import type { EventPublisher } from '../../functions/kafka/publisher.ts';
import type { Ledger } from '../../functions/ledger/ledger.ts';
import type { OrderStore } from '../../functions/outbox/order-store.ts';
import type { Outbox } from '../../functions/relay/outbox.ts';

/** Parts in the wrong: what a world is wired with in place of the right ones, to see that it is noticed. */
export interface Defect {
  readonly dynamoDb?: (right: DynamoDBClient) => DynamoDBClient;
  readonly orderStore?: (right: OrderStore) => OrderStore;
  readonly outbox?: (right: Outbox) => Outbox;
  readonly publisher?: (right: EventPublisher, now: () => number) => EventPublisher;
  readonly ledger?: (right: Ledger) => Ledger;
  readonly deadLetters?: (right: WriteDeadLetter) => WriteDeadLetter;
  readonly consumer?: (right: KafkaHandler) => KafkaHandler;
  /** An invocation claims under the name of its process. */
  readonly oneOwner?: boolean;
  /** Nobody stops waiting for an answer. */
  readonly withoutDeadlines?: boolean;
  /** The relay is never run by its schedule. */
  readonly withoutSweep?: boolean;
  /** Shipping's function does what email's does, and before it. */
  readonly together?: boolean;
}
