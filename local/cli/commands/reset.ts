import { rm } from 'node:fs/promises';
import { composeDown, composeUp, toRun } from '../../command-line.ts';
import { deleteHoldings, describeHoldings, type Held, isCompose, readHeld } from '../../engines/holdings.ts';
import { LocalCloudError } from '../../errors.ts';
import { formerStateDir, stateDirOf } from '../../run-file.ts';
import { findRunningCloud } from '../running-cloud.ts';
import type { Terminal } from '../terminal.ts';

/**
 * `millrace reset`: forgets what the local cloud of this folder has stored: in the folder, and in docker-compose.yml's
 * engine what it has made there, by name and nothing else. An engine that it never ran on isn't so much as asked; one
 * that was named by its address is left as it is.
 *
 * ENGINE_UNREACHABLE, and nothing is removed, if docker-compose.yml's engine doesn't run and holds something.
 */
export async function reset(projectDir: string, terminal: Terminal): Promise<void> {
  const running = await findRunningCloud(projectDir);
  if (running) {
    throw new LocalCloudError('ALREADY_RUNNING', `the local cloud at ${running.url} is still running`, {
      remedy: [`End it first: Ctrl-C in its terminal, or kill ${running.pid}`],
    });
  }
  const stateDir = stateDirOf(projectDir);
  for (const held of readHeld(stateDir)) {
    const place = `${held.bootstrapServers} and ${held.awsEndpoint}`;
    switch (await isCompose(held)) {
      case 'silent':
        throw silent(held, stateDir);
      case false:
        terminal.out(`left as it is: the engine at ${place} is not docker-compose.yml's`);
        terminal.out(`  of this folder it has had ${describeHoldings(held)}`);
        break;
      case true:
        terminal.out(`deleting from docker-compose.yml's engine at ${place}:`);
        terminal.out(`  ${describeHoldings(held)}`);
        await deleteHoldings(held, held);
        terminal.out('deleted; the list of mails goes with docker compose restart ministack');
    }
  }
  await rm(stateDir, { recursive: true, force: true });
  terminal.out(`removed ${stateDir}`);
  const former = formerStateDir(projectDir);
  if (former !== undefined)
    terminal.out(`left as it is: ${former}, which nothing reads any more: rm -r ${former}`);
}

function silent(held: Held, stateDir: string): LocalCloudError {
  return new LocalCloudError(
    'ENGINE_UNREACHABLE',
    `docker-compose.yml's engine doesn't answer at ${held.bootstrapServers}; nothing was removed. It may have ${describeHoldings(held)}.`,
    {
      remedy: [
        `Start it, and run ${toRun('reset')} again: ${composeUp()}`,
        `Or remove it with all that it keeps, and then ${stateDir}: ${composeDown()}`,
      ],
      retriable: true,
    },
  );
}
