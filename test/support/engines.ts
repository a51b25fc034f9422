import { inject } from 'vitest';
import type { ProvisioningEngine } from '../../local/resources/resource-type.ts';

/** Addresses of the engines that every integration test shares. */
export interface TestEngines {
  /** `host:port` of a real Kafka broker, plaintext. */
  readonly bootstrapServers: string;
  /** URL of MiniStack: DynamoDB, its streams, S3, SQS and SES v2. */
  readonly ministack: string;
  /** URL of AWS's own DynamoDB Local, the second opinion on conditional writes. */
  readonly dynamodbLocal: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    engines: TestEngines;
  }
}

/**
 * The engines of this test run: any credentials, region us-east-1. They are shared by all test files at once, so every
 * test names its own tables, topics and groups.
 */
export function testEngines(): TestEngines {
  return inject('engines');
}

/** The engines of this test run, or others, as what makes tables and topics in them wants them. */
export function provisioningEngine(own: Partial<ProvisioningEngine> = {}): ProvisioningEngine {
  const { bootstrapServers, ministack } = testEngines();
  return { bootstrapServers, awsEndpoint: ministack, region: 'us-east-1', kind: 'embedded', ...own };
}
