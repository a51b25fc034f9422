import { generateAuthToken } from 'aws-msk-iam-sasl-signer-js';
import { Kafka, type KafkaConfig, logLevel } from 'kafkajs';
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';
import * as z from 'zod';
import { variable } from '../config.ts';

/** The environment of a function that talks to Kafka. `AWS_REGION` is Lambda's own. */
export const kafkaEnvironment = {
  /** `host:port`, several separated by commas. */
  KAFKA_BOOTSTRAP_SERVERS: variable,
  /** `iam`: TLS, and tokens signed with the function's role. `none`: plaintext, for a local broker. */
  KAFKA_AUTH: z.enum(['iam', 'none']).default('iam'),
  AWS_REGION: variable,
};
export type KafkaEnvironment = z.infer<z.ZodObject<typeof kafkaEnvironment>>;

/**
 * A kafkajs client that gives up in bounded time: 3 attempts of at most 4 seconds each. kafkajs' own second for a
 * connection is short for TLS and IAM. It logs nothing; what matters comes back as an error.
 */
export function kafkaClient(clientId: string, environment: KafkaEnvironment): Kafka {
  quietIdleConnections();
  return new Kafka({
    clientId,
    brokers: environment.KAFKA_BOOTSTRAP_SERVERS.split(','),
    connectionTimeout: 3_000,
    requestTimeout: 4_000,
    retry: { initialRetryTime: 200, maxRetryTime: 1_000, retries: 2 },
    logLevel: logLevel.NOTHING,
    ...(environment.KAFKA_AUTH === 'iam' ? iam(environment.AWS_REGION) : {}),
  });
}

function iam(region: string): Pick<KafkaConfig, 'ssl' | 'sasl'> {
  return {
    ssl: true,
    sasl: {
      mechanism: 'oauthbearer',
      oauthBearerProvider: async () => ({ value: (await generateAuthToken({ region })).token }),
    },
  };
}

const scheduleCheck = RequestQueue.prototype.scheduleCheckPendingRequests;

/**
 * Keeps the connections of this process, present and future, asleep while they have nothing to send. Idempotent.
 *
 * kafkajs 2.2.4 sets a timer after every response to come back to requests that wait for the end of a throttle, whether
 * or not any waits; unthrottled, its delay is negative, so it fires at once and sets the next one: an idle connection
 * takes 5 % of a core for ever (https://github.com/tulios/kafkajs/issues/1751). A request that is queued later sets a
 * timer of its own, so without pending requests none is needed.
 */
export function quietIdleConnections(): void {
  RequestQueue.prototype.scheduleCheckPendingRequests = function scheduleWhilePending() {
    if (this.pending.length > 0) scheduleCheck.call(this);
  };
}
