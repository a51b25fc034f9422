import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { LocalCloudError } from '../../local/errors.ts';
import type { RunningCloud } from '../running-cloud.ts';
import { ANSWER_WITHIN_MS } from './reservation.ts';

/** Where the dead letters and their consumers are. */
export interface Access {
  readonly table: string;
  readonly region: string;
  /** @default - AWS's own */
  readonly endpoints?: { readonly dynamodb: string; readonly lambda: string };
  /** @default - what the SDK finds */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** The app that runs on this machine. Throws `CONFIG_INVALID` if it has no table of dead letters. */
export function localAccess({ url, status: { engine, outputs } }: RunningCloud): Access {
  const tables = Object.entries(outputs).filter(([name]) => name.endsWith('.DeadLettersTable'));
  const [found, ...others] = tables;
  if (found === undefined || others.length > 0) {
    throw new LocalCloudError(
      'CONFIG_INVALID',
      found === undefined
        ? 'the app has no table of dead letters'
        : `the app has several tables of dead letters: ${tables.map(([name]) => name).join(', ')}`,
      { remedy: ['One stack output has to be called DeadLettersTable and hold its name.'] },
    );
  }
  return {
    table: found[1],
    region: engine.region,
    endpoints: { dynamodb: engine.awsEndpoint, lambda: url },
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
}

/** The two clients; `close` ends their connections. */
export function clientsOf({ region, endpoints, credentials }: Access): {
  readonly dynamodb: DynamoDBClient;
  readonly lambda: LambdaClient;
  close(): void;
} {
  const common = { region, ...(credentials && { credentials }) };
  const dynamodb = new DynamoDBClient({ ...common, ...(endpoints && { endpoint: endpoints.dynamodb }) });
  const lambda = new LambdaClient({
    ...common,
    ...(endpoints && { endpoint: endpoints.lambda }),
    // An invocation is asked for once: to ask again is a decision, and the next replay's.
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: 5_000,
      requestTimeout: ANSWER_WITHIN_MS,
      throwOnRequestTimeout: true,
    },
  });
  return {
    dynamodb,
    lambda,
    close() {
      dynamodb.destroy();
      lambda.destroy();
    },
  };
}
