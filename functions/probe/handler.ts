import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { readEnvironment, variable } from '../config.ts';
import { dynamoDbClient } from '../dynamodb.ts';
import { probeHandler, probesTable } from './probe.ts';

const { PROBES_TABLE } = readEnvironment(z.object({ PROBES_TABLE: variable }), process.env);
const now = () => new Date();
const probe = probeHandler({
  ...probesTable(dynamoDbClient(), PROBES_TABLE, now),
  now,
  exit: () => process.exit(1),
});

/** Entry of the function `probe`: an event source mapping on the topic `orders`. */
export function handler(event: unknown, { awsRequestId }: Context) {
  return probe(event, awsRequestId);
}
