/**
 * The broker that the lab is done on by hand, and what is called how there.
 *
 *     KAFKA_BOOTSTRAP_SERVERS is set     that broker            orderly-lab.orders, orderly-lab.<group>
 *     `lab up` runs in this folder       the lab's own          orders, <group>
 *     docker-compose.yml's broker runs   that one               orderly-lab.orders, orderly-lab.<group>
 *
 * The app's topic is called `orders`, too. On a broker that the app may be on, everything of the lab has a name that nothing of
 * the app has, so that neither can ever read, write or delete what is the other's.
 */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { composeUp, toRun } from '../../local/command-line.ts';
import { addressesGiven, COMPOSE, COMPOSE_CLUSTER_ID } from '../../local/engines/engine.ts';
import { clusterIdOf } from '../../local/engines/external.ts';
import { isAlive } from '../../local/engines/install.ts';
import { accepts, isFree } from '../../local/engines/ports.ts';
import { LocalCloudError } from '../../local/errors.ts';
import { readJsonFile, writeJsonFile } from '../../local/json.ts';
import { type OneBroker, oneBroker } from '../cluster/one-broker.ts';
import { LabError } from '../errors.ts';

/** A broker that answers. */
export interface LabBroker {
  /** `host:port`, several separated by commas. */
  readonly brokers: string;
  /** What a person knows it by. */
  readonly called: string;
  /** Whether nothing but the lab is on it. */
  readonly own: boolean;
  /** The lab's one topic. */
  readonly topic: string;
  /** A group as it is called there. */
  group(name: string): string;
}

/** What the lab's names begin with on a broker that isn't its own. */
const NAMESPACE = 'orderly-lab.';

function labBroker(brokers: string, called: string, own: boolean): LabBroker {
  const named = (name: string) => (own || name.startsWith(NAMESPACE) ? name : `${NAMESPACE}${name}`);
  return { brokers, called, own, topic: named('orders'), group: named };
}

/** Where the lab's own broker keeps its topics and offsets, and where it says that it is up. */
const folderOf = (projectDir: string): string => join(projectDir, '.orderly', 'lab', 'by-hand');

const RunFile = z.object({
  /** The process of `lab up`; null when it has ended by itself. */
  pid: z.int().positive().nullable(),
  /** On 127.0.0.1. It takes the same one again after a stop, so that clients find it; null while the first start isn't so far. */
  port: z.int().nullable(),
});
type RunFile = z.infer<typeof RunFile>;

const runFileIn = (folder: string) => join(folder, 'run.json');

function readRunFile(folder: string): RunFile | undefined {
  return readJsonFile(runFileIn(folder), RunFile, {
    what: "Where the lab's broker of this folder runs",
    remedy: "Delete the file, once no lab's broker of this folder runs any more.",
  });
}

/** What is known of the lab's own broker of a folder. `starting` is stopping, too, and one that is frozen. */
async function ownBroker(folder: string): Promise<{ readonly state: 'up' | 'starting' | 'down' } & RunFile> {
  const { pid, port } = readRunFile(folder) ?? { pid: null, port: null };
  if (pid === null || !isAlive(pid)) return { state: 'down', pid, port };
  const isUp = port !== null && (await accepts(`127.0.0.1:${port}`));
  return { state: isUp ? 'up' : 'starting', pid, port };
}

/**
 * Finds the broker, as the head of this file has it; undefined if none runs.
 *
 * @throws {LabError} `LAB_BROKER_UNREACHABLE` if one is named and doesn't answer; `LAB_BROKER_STARTING` while the lab's own isn't up yet
 */
export async function findBroker(
  projectDir: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<LabBroker | undefined> {
  const { bootstrapServers } = addressesGiven(env);
  if (bootstrapServers) {
    const clusterId = await clusterIdOf(bootstrapServers).catch(() => undefined);
    if (clusterId !== undefined)
      return labBroker(bootstrapServers, `the broker at ${bootstrapServers}`, false);
    throw new LabError('LAB_BROKER_UNREACHABLE', `No answer from a broker at ${bootstrapServers}.`, {
      remedy: [
        `It was asked because of KAFKA_BOOTSTRAP_SERVERS=${bootstrapServers} in this shell: start it,`,
        `or unset KAFKA_BOOTSTRAP_SERVERS, and start the lab's own in another terminal: ${toRun('lab up')}`,
      ],
      retriable: true,
    });
  }
  const { state, pid, port } = await ownBroker(folderOf(projectDir));
  if (state === 'up') return labBroker(`127.0.0.1:${port}`, `the lab's broker at 127.0.0.1:${port}`, true);
  if (state === 'starting') {
    throw new LabError('LAB_BROKER_STARTING', "The lab's broker is starting, or stopping.", {
      remedy: [`Its own terminal says when it is up; it is process ${pid}.`],
      retriable: true,
    });
  }
  const { bootstrapServers: compose } = COMPOSE;
  if ((await clusterIdOf(compose)) !== COMPOSE_CLUSTER_ID) return undefined;
  return labBroker(compose, `docker-compose.yml's broker at ${compose}`, false);
}

/**
 * The broker, for commands that need one; where others may be on it too, it is said what the lab's things are called there.
 *
 * @throws {LabError} also `LAB_BROKER_NOT_RUNNING`, with how one is started
 */
export async function brokerOf(projectDir: string, say: (line: string) => void): Promise<LabBroker> {
  const broker = await findBroker(projectDir);
  if (broker === undefined) {
    throw new LabError('LAB_BROKER_NOT_RUNNING', 'No broker runs for the lab.', {
      remedy: [
        `Start one in another terminal, in this folder: ${toRun('lab up')}`,
        `Or with Docker: ${composeUp()}`,
      ],
      retriable: true,
    });
  }
  if (!broker.own)
    say(
      `at ${broker.called}, where the app may be, too, the lab's topic is ${broker.topic}, and its groups are ${NAMESPACE}…`,
    );
  return broker;
}

/** A broker that `lab up` has started; `stop` leaves what it keeps for the next start. */
export interface StartedBroker extends OneBroker {
  readonly folder: string;
}

/** What a broker whose `lab up` was killed has to end in: its guard gives it 5 seconds. */
const ENDS_WITHIN_MS = 10_000;

/**
 * Starts the lab's own broker over what it has kept, at the port that it had.
 *
 * @throws {LabError} `LAB_BROKER_RUNNING` if it runs already; `LAB_BROKER_NOT_NEEDED` if KAFKA_BOOTSTRAP_SERVERS names another one
 */
export async function startOwnBroker(
  projectDir: string,
  progress: (step: string) => void,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<StartedBroker> {
  const { bootstrapServers } = addressesGiven(env);
  if (bootstrapServers) {
    throw new LabError(
      'LAB_BROKER_NOT_NEEDED',
      `The lab's commands go to the broker that KAFKA_BOOTSTRAP_SERVERS names in this shell, ${bootstrapServers}: lab up isn't needed.`,
      { remedy: [`Go on with ${toRun('lab setup')}, or unset KAFKA_BOOTSTRAP_SERVERS, in every terminal.`] },
    );
  }
  const folder = folderOf(projectDir);
  const before = await ownBroker(folder);
  if (before.state !== 'down') {
    const place =
      before.state === 'up' ? `runs already, at 127.0.0.1:${before.port}` : 'is starting, or stopping';
    throw new LabError('LAB_BROKER_RUNNING', `The lab's broker of this folder ${place}.`, {
      remedy: [
        `Use it: ${toRun('lab setup')}. Or end it first: Ctrl-C in its terminal; it is process ${before.pid}.`,
        `If that process is something else, delete ${runFileIn(folder)}.`,
      ],
    });
  }
  const say = (run: RunFile) => writeJsonFile(runFileIn(folder), run);
  let { port } = before;
  try {
    say({ pid: process.pid, port });
  } catch (cause) {
    throw new LabError('FOLDER_NOT_WRITABLE', `The lab's broker can't keep anything in ${folder}.`, {
      remedy: ['Run it in a folder that you may write to; the other commands have to be in the same.'],
      cause,
    });
  }
  try {
    if (before.pid !== null) await gone(port, progress);
    const broker = await again(() =>
      oneBroker({ folder: join(folder, 'kafka'), progress }, port ?? undefined),
    );
    port = broker.port;
    say({ pid: process.pid, port });
    return {
      ...broker,
      folder,
      async stop() {
        await broker.stop();
        say({ pid: null, port });
      },
    };
  } catch (error) {
    say({ pid: null, port });
    throw error;
  }
}

/** The `lab up` before was killed: its broker is saving what it keeps, on the port that the next one wants. */
async function gone(port: number | null, progress: (step: string) => void): Promise<void> {
  if (port === null || (await isFree(port))) return;
  progress('the one before was killed: waiting for its broker to end');
  const deadline = performance.now() + ENDS_WITHIN_MS;
  while (performance.now() < deadline && !(await isFree(port))) await delay(100);
}

/** It keeps its folder locked a little longer than its port. */
async function again<T>(start: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + ENDS_WITHIN_MS;
  for (;;) {
    try {
      return await start();
    } catch (error) {
      const isLocked = error instanceof LocalCloudError && error.code === 'ALREADY_RUNNING';
      if (!isLocked || performance.now() > deadline) throw error;
    }
    await delay(200);
  }
}

/** Forgets all that the lab's own broker has kept in a folder, once it is down; says the folder if there was one. */
export async function removeOwnBroker(
  projectDir: string,
  progress: (step: string) => void,
): Promise<string | undefined> {
  const folder = folderOf(projectDir);
  const { state, pid, port } = await ownBroker(folder);
  if (state !== 'down' || !existsSync(folder)) return undefined;
  if (pid !== null) await gone(port, progress);
  await rm(folder, { recursive: true, force: true });
  return folder;
}
