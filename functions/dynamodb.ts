import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { awsClient } from './deadline.ts';

/** Milliseconds within which a request to DynamoDB has ended, with every attempt of the SDK's. */
const DYNAMODB_CALL_MS = 10_000;

/** The DynamoDB client of a function. An attempt is given up after 3 seconds, and there are three at most. */
export function dynamoDbClient(): DynamoDBClient {
  return awsClient(DynamoDBClient, { attempts: 3, attemptMs: 3_000, callMs: DYNAMODB_CALL_MS });
}
