import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/**
 * The DynamoDB client of a function: endpoint, region and credentials come from the environment, connections are kept.
 *
 * A request is given up after 3 seconds and tried at most 3 times with full jitter, so a call ends within 10 seconds
 * whatever happens. The timeout is asked for as an error, since the SDK otherwise only warns.
 */
export function dynamoDbClient(): DynamoDBClient {
  const client = new DynamoDBClient({
    maxAttempts: 3,
    retryMode: 'standard',
    requestHandler: {
      connectionTimeout: 1_000,
      requestTimeout: 3_000,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: 50 },
      httpsAgent: { keepAlive: true, maxSockets: 50 },
    },
  });
  // It copies every request and answer for a log, even where nobody logs: a sixth of a consumer's CPU time.
  client.middlewareStack.remove('loggerMiddleware');
  return client;
}
