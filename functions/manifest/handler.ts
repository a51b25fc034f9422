import { setTimeout as sleep } from 'node:timers/promises';
import type { Context, ScheduledEvent } from 'aws-lambda';
import * as z from 'zod';
import { readEnvironment, variable } from '../config.ts';
import { dynamoDbClient } from '../dynamodb.ts';
import { functionLogger } from '../logger.ts';
import { dayBefore, fileKeyOf, s3Client, s3ManifestFiles } from './files.ts';
import { dynamoDbManifestShipments } from './shipments.ts';
import { type ManifestPorts, writeManifests } from './write-manifests.ts';

const environment = readEnvironment(
  z.object({ SHIPMENTS_TABLE: variable, AWAITING_INDEX: variable, MANIFEST_BUCKET: variable }),
  process.env,
);
const logger = functionLogger('manifest');
const ports: ManifestPorts = {
  shipments: dynamoDbManifestShipments(dynamoDbClient(), {
    table: environment.SHIPMENTS_TABLE,
    index: environment.AWAITING_INDEX,
  }),
  files: s3ManifestFiles(s3Client(), environment.MANIFEST_BUCKET, { sleep, random: Math.random }),
  logger,
};

const Scheduled = z.object({ time: z.iso.datetime() });

/**
 * Entry of the function `manifest`: a daily schedule. The day is the one before the event's own `time`, not before now, so
 * that an event that is delivered late or again is about the same day. Whoever invokes it by hand is told which files it
 * has written, and where.
 */
export async function handler(
  event: ScheduledEvent,
  context: Context,
): Promise<{ readonly written: readonly string[]; readonly bucket: string }> {
  logger.addContext(context);
  const written = await writeManifests(dayBefore(new Date(Scheduled.parse(event).time)), ports);
  return { written: written.map(fileKeyOf), bucket: environment.MANIFEST_BUCKET };
}
