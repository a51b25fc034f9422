/** A running pair of a Kafka broker and a DynamoDB-and-friends endpoint. */
export interface Engine {
  readonly kind: 'embedded' | 'external';
  /** `host:port` of the broker, plaintext. */
  readonly bootstrapServers: string;
  /** URL every AWS SDK client is pointed at (`AWS_ENDPOINT_URL`). */
  readonly awsEndpoint: string;
  readonly account: string;
  readonly region: string;
  /** Resolves when every process of an embedded engine is gone; does nothing to an external one. Idempotent. */
  stop(): Promise<void>;
}
