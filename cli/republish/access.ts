import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { outputNamed } from '../outputs.ts';
import type { RunningCloud } from '../running-cloud.ts';

/** Where the orders are, and the outbox. */
export interface Access {
  readonly tables: Tables;
  /** @default - what the SDK finds */
  readonly region?: string;
  /** @default - AWS's own */
  readonly endpoint?: string;
  /** @default - what the SDK finds */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** Names of the tables. */
export interface Tables {
  readonly orders: string;
  readonly outbox: string;
}

/** The app that runs on this machine. Throws `CONFIG_INVALID` if it isn't the order system. */
export function localAccess({ status: { engine, outputs } }: RunningCloud): Access {
  return {
    tables: {
      orders: outputNamed(outputs, 'OrdersTable'),
      outbox: outputNamed(outputs, 'OutboxTable'),
    },
    region: engine.region,
    endpoint: engine.awsEndpoint,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
}

export function clientOf({ region, endpoint, credentials }: Access): DynamoDBClient {
  return new DynamoDBClient({
    ...(region && { region }),
    ...(endpoint && { endpoint }),
    ...(credentials && { credentials }),
  });
}
