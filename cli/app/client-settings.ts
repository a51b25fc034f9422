import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';

/** What a client of the AWS SDK is given. */
export interface ClientSettings {
  readonly region: string;
  /** @default - AWS's own, or what the SDK's variables say */
  readonly endpoint?: string;
  readonly credentials?: NonNullable<DynamoDBClientConfig['credentials']>;
}
