import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LocalCloudError } from '../errors.ts';
import { kafkaClient } from '../kafka/client.ts';
import { COMPOSE, COMPOSE_CLUSTER_ID, type EngineAddresses } from './addresses.ts';
import type { Engine } from './engine.ts';
import { clusterIdOf, notOurs } from './external.ts';

/**
 * Forgets everything an engine holds: of an embedded one, which it stops, what it keeps in `dataDir`; of
 * docker-compose.yml's, topics, tables, buckets and queues, while it goes on running.
 *
 * Any other engine is refused with ENGINE_NOT_OURS, and nothing of it is touched.
 */
export async function resetEngine(engine: Engine, dataDir: string, compose = COMPOSE): Promise<void> {
  switch (engine.kind) {
    case 'embedded':
      await engine.stop();
      return wipeDataFolder(dataDir);
    case 'external':
      return wipeCompose(engine, compose);
  }
}

/** What an embedded engine, stopped by now, keeps in its data folder; nothing else that lies there. */
async function wipeDataFolder(dataDir: string): Promise<void> {
  const parts = ['kafka', 'ministack'].map((part) => join(dataDir, part));
  await Promise.all(parts.map((part) => rm(part, { recursive: true, force: true })));
}

async function wipeCompose(engine: EngineAddresses, compose: EngineAddresses): Promise<void> {
  if (engine.awsEndpoint !== compose.awsEndpoint) {
    throw new LocalCloudError(
      'ENGINE_NOT_OURS',
      `${engine.awsEndpoint} is not docker-compose.yml's endpoint (${compose.awsEndpoint}); nothing was reset.`,
      { remedy: ['Reset it by its own means.'] },
    );
  }
  if ((await clusterIdOf(engine.bootstrapServers)) !== COMPOSE_CLUSTER_ID)
    throw notOurs(engine.bootstrapServers);
  await Promise.all([deleteTopics(engine.bootstrapServers), resetAws(engine.awsEndpoint)]);
}

/** The broker forgets a group's offsets with the topic, and an empty group with its last offset. */
async function deleteTopics(bootstrapServers: string): Promise<void> {
  const admin = kafkaClient({ bootstrapServers, clientId: 'orderly' }).admin();
  try {
    await admin.connect();
    const topics = (await admin.listTopics()).filter((topic) => !topic.startsWith('__'));
    if (topics.length > 0) await admin.deleteTopics({ topics });
  } finally {
    await admin.disconnect();
  }
}

/** MiniStack's way, then LocalStack's, which may stand in for it. */
const RESET_PATHS = ['/_ministack/reset', '/_localstack/state/reset'];

async function resetAws(endpoint: string): Promise<void> {
  for (const path of RESET_PATHS) {
    const response = await fetch(endpoint + path, { method: 'POST' });
    if (response.ok) return;
  }
  throw new LocalCloudError('ENGINE_UNREACHABLE', `${endpoint} could not be reset.`, {
    remedy: ['Start over with docker compose down -v && docker compose up -d --wait.'],
  });
}
