import { rm } from 'node:fs/promises';
import { COMPOSE, COMPOSE_CLUSTER_ID } from '../../local/engines/addresses.ts';
import { clusterIdOf, connectExternalEngine } from '../../local/engines/external.ts';
import { resetEngine } from '../../local/engines/reset.ts';
import { LocalCloudError } from '../../local/errors.ts';
import { stateDirOf } from '../../local/run-file.ts';
import { findRunningCloud } from '../running-cloud.ts';
import type { Terminal } from '../terminal.ts';

/**
 * `orderly reset`: forgets what the local cloud of this folder has stored, and what docker-compose.yml's engine holds if
 * it runs. No other engine is touched.
 */
export async function reset(projectDir: string, terminal: Terminal): Promise<void> {
  const running = await findRunningCloud(projectDir);
  if (running) {
    throw new LocalCloudError('ALREADY_RUNNING', `the local cloud at ${running.url} is still running`, {
      remedy: [`End it first: Ctrl-C in its terminal, or kill ${running.pid}`],
    });
  }
  const stateDir = stateDirOf(projectDir);
  await rm(stateDir, { recursive: true, force: true });
  terminal.out(`removed ${stateDir}`);
  if ((await clusterIdOf(COMPOSE.bootstrapServers)) === COMPOSE_CLUSTER_ID) {
    await resetEngine(await connectExternalEngine({ given: {}, compose: COMPOSE }), stateDir);
    terminal.out('emptied the engine of docker-compose.yml: topics, tables and mails are gone');
  }
}
