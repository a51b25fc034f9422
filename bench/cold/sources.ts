/** The functions that ours are measured beside, as somebody would write them. */

/** Does nothing: what is left is Node and the reading of a file. */
export const EMPTY = 'export const handler = async () => ({ batchItemFailures: [] });';

/** One client and one command: what every function that uses a table has to load. */
export const PLAIN_CLIENT = `
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
const client = new DynamoDBClient({});
export const handler = (event) =>
  client.send(new GetItemCommand({ TableName: process.env.TABLE, Key: { id: { S: event.id } } }));
`;

/**
 * A consumer of what is usually taken: middy, Powertools' logger, batch and idempotency, the document client. It has no
 * validation and no mail, which ours have.
 */
export const USUAL_STACK = `
import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import middy from '@middy/core';

const logger = new Logger({ serviceName: 'consumer' });
const documents = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const processor = new BatchProcessor(EventType.SQS);
const config = new IdempotencyConfig({});
const ship = makeIdempotent(
  async (order) => documents.send(new PutCommand({ TableName: process.env.TABLE, Item: order })),
  { persistenceStore: new DynamoDBPersistenceLayer({ tableName: process.env.TABLE }), config },
);
export const handler = middy()
  .use(injectLambdaContext(logger))
  .handler(async (event, context) => {
    config.registerLambdaContext(context);
    return processPartialResponse(event, (record) => ship(JSON.parse(record.body)), processor, { context });
  });
`;
