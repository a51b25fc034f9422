import {
  AttributeType,
  Billing,
  ProjectionType,
  StreamViewType,
  type TablePropsV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { dataRemovalPolicy, type Stage } from './stages.ts';

const id = (name: string) => ({ name, type: AttributeType.STRING });

/** The index of `Shipments` that names those which wait for a manifest, by carrier. */
export const AWAITING_INDEX = 'AwaitingManifest';

/** The tables of the order system, all on demand. */
export class Tables extends Construct {
  /** An order, and the exact bytes of each of its events. */
  readonly orders: TableV2;
  /** Events not yet on the topic. Its stream wakes the relay, and carries keys only. */
  readonly outbox: TableV2;
  /** A shipment per order: the row is the claim. */
  readonly shipments: TableV2;
  /** Which mails were sent; a row outlives the topic's retention and any replay, then DynamoDB drops it. */
  readonly emailLedger: TableV2;
  /** What was sold, by day and currency, and which events are in it. */
  readonly sales: TableV2;
  /** Records that a consumer gave up, byte for byte. */
  readonly deadLetters: TableV2;

  /** By their names, in this order. */
  readonly all = new Map<string, TableV2>();
  readonly #stage: Stage;

  constructor(scope: Construct, constructId: string, stage: Stage) {
    super(scope, constructId);
    this.#stage = stage;
    this.orders = this.#table('Orders', { partitionKey: id('orderId') });
    this.outbox = this.#table('Outbox', {
      partitionKey: id('orderId'),
      sortKey: { name: 'seq', type: AttributeType.NUMBER },
      dynamoStream: StreamViewType.KEYS_ONLY,
    });
    this.shipments = this.#table('Shipments', {
      partitionKey: id('orderId'),
      globalSecondaryIndexes: [
        {
          indexName: AWAITING_INDEX,
          partitionKey: id('awaitingCarrier'),
          sortKey: id('createdAt'),
          projectionType: ProjectionType.KEYS_ONLY,
        },
      ],
    });
    this.emailLedger = this.#table('EmailLedger', {
      partitionKey: id('eventKey'),
      timeToLiveAttribute: 'expiresAt',
    });
    this.sales = this.#table('Sales', { partitionKey: id('key'), sortKey: id('part') });
    this.deadLetters = this.#table('DeadLetters', { partitionKey: id('consumer'), sortKey: id('recordId') });
  }

  #table(
    tableId: string,
    props: Pick<
      TablePropsV2,
      'partitionKey' | 'sortKey' | 'timeToLiveAttribute' | 'dynamoStream' | 'globalSecondaryIndexes'
    >,
  ): TableV2 {
    const table = new TableV2(this, tableId, {
      ...props,
      billing: Billing.onDemand(),
      removalPolicy: dataRemovalPolicy(this.#stage),
      deletionProtection: this.#stage.keepsData,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: this.#stage.keepsData },
    });
    this.all.set(tableId, table);
    return table;
  }
}
