/** The functions that a cold start of ours is measured beside, as somebody would write them. */
import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { bundling } from '../../lib/bundles.ts';
import project from '../../package.json' with { type: 'json' };
import type { Bundle } from '../cold.ts';

const SDK_VERSION = project.dependencies['@aws-sdk/client-dynamodb'];

/** What the usual stack is made of; the SDK in the version that this project uses. */
export const USUAL_PACKAGES = [
  '@aws-lambda-powertools/batch@2.35.0',
  '@aws-lambda-powertools/idempotency@2.35.0',
  '@aws-lambda-powertools/logger@2.35.0',
  '@middy/core@7.9.2',
  `@aws-sdk/client-dynamodb@${SDK_VERSION}`,
  `@aws-sdk/lib-dynamodb@${SDK_VERSION}`,
];

/** Does nothing: what is left is Node and the reading of a file. */
const EMPTY = 'export const handler = async () => ({ batchItemFailures: [] });';

/** One client and one command: what every function that uses a table has to load. */
const PLAIN_CLIENT = `
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
const client = new DynamoDBClient({});
export const handler = (event) =>
  client.send(new GetItemCommand({ TableName: process.env.TABLE, Key: { id: { S: event.id } } }));
`;

/**
 * A consumer of what is usually taken: middy, Powertools' logger, batch and idempotency, the document client. It has no
 * validation and no mail, which ours have.
 */
const USUAL_STACK = `
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

/** As CDK's `NodejsFunction` bundles without being told otherwise: CommonJS, and the SDK is the runtime's. */
const DEFAULT: BuildOptions = { format: 'cjs', target: 'node24', external: ['@aws-sdk/*', '@smithy/*'] };

const SOURCES = {
  'an empty handler': [EMPTY, 'empty.mjs', bundling],
  'the plain SDK client': [PLAIN_CLIENT, 'plain.mjs', bundling],
  'the usual stack, bundled as ours': [USUAL_STACK, 'usual.mjs', bundling],
  "the usual stack, by CDK's defaults": [USUAL_STACK, 'usual.cjs', DEFAULT],
} as const;

/** Bundles them beside the usual stack's packages, which `packageDir` has. */
export async function otherBundles(packageDir: string): Promise<Record<string, Bundle>> {
  const bundles: Record<string, Bundle> = {};
  for (const [name, [source, file, options]] of Object.entries(SOURCES)) {
    const path = join(packageDir, file);
    await build({
      stdin: { contents: source, resolveDir: packageDir, sourcefile: `${name}.js` },
      outfile: path,
      bundle: true,
      platform: 'node',
      logLevel: 'error',
      ...options,
    });
    bundles[name] = { path, environment: { TABLE: 'table' } };
  }
  return bundles;
}
