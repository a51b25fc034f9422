/** Kafka Connect with Debezium: one process ("standalone") that reads the log of Postgres and publishes the outbox. */
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { cached, cacheFolder, isCached } from '../../local/engines/install.ts';
import {
  classArchive,
  classPath,
  fetchWithMaven,
  javaCommand,
  javaEnvironment,
  QUICK_JVM,
} from '../../local/engines/java.ts';
import { type RunningPart, startPart } from '../../local/engines/part.ts';
import { freePorts } from '../../local/engines/ports.ts';
import { findTool, requireUsable } from '../../local/engines/tools.ts';
import type { Service, Session } from '../cluster/session.ts';
import type { Database } from './postgres.ts';

/** Kafka Connect as it is installed; its workers end with it. */
export interface Connect extends Service {
  /** A worker that isn't started yet, and has published nothing. */
  worker(brokers: string, connectors: readonly OutboxConnector[], flushMs: number): Promise<Worker>;
}

/** A worker that may be started again after its end: its offsets lie in a file, as far as it has written them. */
interface Worker {
  /** Resolves when all of its connectors run. */
  start(): Promise<void>;
  /** Sends it a signal, and waits for its end: `SIGTERM` lets it write its offsets, `SIGKILL` doesn't. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** A table of outbox rows, and how Debezium reads it. */
interface OutboxConnector {
  readonly table: string;
  readonly database: Pick<Database, 'port' | 'name' | 'user' | 'password'>;
  readonly publication: string;
  /** Made at the connector's first start, if it isn't there. */
  readonly slot: string;
  /** Where its events go; Debezium's own is `outbox.event.` and the row's `aggregatetype`. */
  readonly topic: string;
}

/**
 * Installs Kafka Connect and Debezium, if the cache lacks them.
 *
 * @throws {LocalCloudError} `ENGINE_MISSING_TOOL`, `ENGINE_INSTALL_FAILED`
 */
export async function openConnect({ folder, progress }: Session['place']): Promise<Connect> {
  const env = process.env;
  const installed = await installConnect(env, progress);
  const jars = await classPath(join(installed.folder, 'lib'));
  const running = new Set<Worker>();
  return {
    async worker(brokers, connectors, flushMs) {
      const home = join(folder, randomUUID());
      await mkdir(home, { recursive: true });
      let process: { readonly part: RunningPart<'connect'>; readonly archive: Archive } | undefined;
      const worker: Worker = {
        async start() {
          const [port = 0] = await freePorts(1);
          const files = await writeProperties(home, brokers, port, connectors, flushMs);
          const archive = await classArchive(installed.folder, installed.javaVersion);
          const main = 'org.apache.kafka.connect.cli.ConnectStandalone';
          const part = await startPart({
            part: 'connect',
            command: javaCommand(env),
            args: ['-Xms64m', '-Xmx256m', ...QUICK_JVM, ...archive.options, '-cp', jars, main, ...files],
            cwd: home,
            env: javaEnvironment(env),
            log: () => undefined,
            isReady: () =>
              allRun(
                port,
                connectors.map(({ slot }) => slot),
              ),
          }).catch(async (error: unknown) => {
            await archive.discard();
            throw error;
          });
          process = { part, archive };
          running.add(worker);
        },
        async end(signal) {
          if (process === undefined) return;
          const { part, archive } = process;
          process = undefined;
          running.delete(worker);
          part.kill(signal);
          await Promise.race([part.exited, delay(ENDED_WITHIN_MS, undefined, { ref: false })]);
          await part.stop();
          await archive.keep((await part.exited).exit);
        },
      };
      return worker;
    },
    async stop() {
      await Promise.all([...running].map((worker) => worker.end('SIGTERM')));
    },
  };
}

/** Its last notes are soon written; the archive of its classes, once, takes ten seconds on a busy machine. */
const ENDED_WITHIN_MS = 30_000;

type Archive = Awaited<ReturnType<typeof classArchive>>;

const pom = fileURLToPath(new URL('./connect.pom.xml', import.meta.url));

async function installConnect(
  env: Readonly<Record<string, string | undefined>>,
  progress: (step: string) => void,
): Promise<{ folder: string; javaVersion: string }> {
  const cacheDir = cacheFolder(env);
  const name = `connect-${createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 12)}`;
  const needed = isCached(cacheDir, name) ? (['java'] as const) : (['java', 'mvn'] as const);
  const tools = await Promise.all(needed.map((tool) => findTool(tool, env)));
  requireUsable(tools, { what: 'Kafka Connect', instead: [] });
  if (!isCached(cacheDir, name)) progress('fetching Kafka Connect and Debezium with Maven (38 MB, once)');
  const folder = await cached(cacheDir, name, (workshop) =>
    fetchWithMaven('Kafka Connect and Debezium', pom, join(workshop, 'lib'), env, { instead: [] }),
  );
  return { folder, javaVersion: tools[0]?.version ?? 'unknown' };
}

/** A worker's file of properties, and one for each connector. */
async function writeProperties(
  home: string,
  brokers: string,
  port: number,
  connectors: readonly OutboxConnector[],
  flushMs: number,
): Promise<readonly string[]> {
  const files = [
    ['worker', workerProperties(brokers, port, flushMs)],
    ...connectors.map((connector) => [connector.slot, connectorProperties(connector)] as const),
  ] as const;
  return Promise.all(
    files.map(async ([name, properties]) => {
      const file = `${name}.properties`;
      const lines = Object.entries(properties).map(([key, value]) => `${key}=${value}\n`);
      await writeFile(join(home, file), lines.join(''), { mode: 0o600 });
      return file;
    }),
  );
}

const workerProperties = (brokers: string, port: number, flushMs: number) => ({
  'bootstrap.servers': brokers,
  // Its REST API can't be turned off.
  listeners: `http://127.0.0.1:${port}`,
  // The bytes of a record are those of the row.
  'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
  'value.converter': 'org.apache.kafka.connect.storage.StringConverter',
  'offset.storage.file.filename': 'offsets',
  'offset.flush.interval.ms': flushMs,
  // Everything is on the class path.
  'plugin.discovery': 'service_load',
  'topic.creation.enable': 'false',
});

/** https://debezium.io/documentation/reference/stable/connectors/postgresql.html and .../transformations/outbox-event-router.html */
const connectorProperties = ({ table, database, publication, slot, topic }: OutboxConnector) => ({
  name: slot,
  'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
  'database.hostname': '127.0.0.1',
  'database.port': database.port,
  'database.user': database.user,
  'database.password': database.password,
  'database.dbname': database.name,
  // Names topics of the connector's own, of which there are none here.
  'topic.prefix': slot,
  'plugin.name': 'pgoutput',
  // Made with the table: Debezium would make one of all tables.
  'publication.name': publication,
  'publication.autocreate.mode': 'disabled',
  'slot.name': slot,
  'table.include.list': `public.${table}`,
  // Rows that are there already are no events: they were deleted in the transaction that wrote them.
  'snapshot.mode': 'no_data',
  'tombstones.on.delete': 'false',
  'skipped.operations': 'u,d,t',
  // Milliseconds between two looks at what has come; Debezium's own is 500.
  'poll.interval.ms': 10,
  'producer.override.acks': 'all',
  transforms: 'outbox',
  'transforms.outbox.type': 'io.debezium.transforms.outbox.EventRouter',
  'transforms.outbox.route.topic.replacement': topic,
  'transforms.outbox.table.field.event.id': 'id',
  'transforms.outbox.table.field.event.key': 'aggregateid',
  'transforms.outbox.table.field.event.payload': 'payload',
  'transforms.outbox.table.fields.additional.placement': 'type:header:type',
  // Else each record has four headers for tools of data lineage.
  'extended.headers.enabled': 'false',
});

/** https://kafka.apache.org/documentation/#connect_rest, `GET /connectors?expand=status` */
const Statuses = z.record(
  z.string(),
  z.object({ status: z.object({ tasks: z.array(z.object({ state: z.string() })) }) }),
);

/** Whether a worker on this port runs a task of each connector. */
async function allRun(port: number, names: readonly string[]): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/connectors?expand=status`, {
      signal: AbortSignal.timeout(2_000),
    });
    const statuses = Statuses.parse(await answer.json());
    return names.every((name) => statuses[name]?.status.tasks.some(({ state }) => state === 'RUNNING'));
  } catch {
    return false;
  }
}
