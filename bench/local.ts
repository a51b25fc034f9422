/**
 * `npm run bench:local`: how fast, how large and how idle the local cloud is, beside what else there is.
 *
 *     topic of 1,000,000 records ──> orderly         ──> function, a child process behind the Runtime API
 *       3 partitions, 0.5 kB    ├──> offline plugin  ──> function, a worker thread
 *                               └──> bare loop       ──> nobody
 *
 * Each gets 100,000 records to warm up, then 200,000.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Kafka } from 'kafkajs';
import { unlessInterrupted } from '../local/cli/interruption.ts';
import { synthesize } from '../local/cli/synthesize.ts';
import { kafkaClient } from '../local/kafka/client.ts';
import { processTree } from '../test/support/process-tree.ts';
import { OFFLINE_PACKAGES } from './contenders/offline-plugin.ts';
import { orderlyUp } from './contenders/orderly-up.ts';
import { startBenchBroker } from './engines.ts';
import { type Benchmark, installBeside, inTurn, type Run, startChild } from './harness.ts';
import { ratioRow, row, type Sample, type Table } from './report.ts';
import { EVENT_SOURCES, type EventSourceTask, FUNCTION_CODE, PARTITIONS } from './workloads/event-source.ts';

const ON_TOPIC = 1_000_000;
const THROUGHPUT = { what: 'throughput', warmUp: 100_000, records: 200_000 } as const;
const LATENCY = { what: 'latency', warmUp: 100, records: 300 } as const;
const SLOW = { handler: 'slow', what: 'throughput', warmUp: 0, records: 50_000 } as const;

export default {
  rounds: 3,
  async measure(run) {
    const eventSources = await measureEventSources(run);
    run.progress('starting the local cloud');
    return {
      workload: `${THROUGHPUT.records.toLocaleString('en')} records a round, in batches of 100 at most`,
      tables: [...eventSources, await measureLocalCloud(run)],
    };
  },
} satisfies Benchmark;

async function measureEventSources(run: Run): Promise<Table[]> {
  const packageDir = await installBeside(run, 'offline-plugin', OFFLINE_PACKAGES);
  const codeDir = join(run.folder, 'function');
  await mkdir(codeDir);
  await writeFile(join(codeDir, 'index.js'), FUNCTION_CODE);
  const broker = await startBenchBroker(run);
  try {
    const { bootstrapServers } = broker;
    const kafka = kafkaClient({ bootstrapServers, clientId: 'bench' });
    run.progress(`writing ${ON_TOPIC.toLocaleString('en')} records`);
    await fillTopic(kafka, 'full', ON_TOPIC, run.interrupted);
    const task = (
      contender: keyof typeof EVENT_SOURCES,
      topic: string,
      what: Pick<EventSourceTask, 'what' | 'warmUp' | 'records'> & { readonly handler?: 'slow' },
    ): EventSourceTask => ({
      contender,
      bootstrapServers,
      topic,
      groupId: randomUUID(),
      batchSize: 100,
      codeDir,
      handler: 'noop',
      packageDir: packageDir ?? '',
      ...what,
    });

    const throughput = await inTurn(run, 'throughput, ', EVENT_SOURCES, async (_, contender) =>
      // The npm package could not be installed.
      contender === 'offline plugin' && packageDir === undefined
        ? undefined
        : measured(task(contender, 'full', THROUGHPUT), run.interrupted),
    );
    const { orderly, 'bare loop': bareLoop } = EVENT_SOURCES;
    const latency = await inTurn(
      run,
      'latency, ',
      { orderly, 'bare loop': bareLoop },
      async (_, contender) => {
        const topic = `latency-${randomUUID()}`;
        await fillTopic(kafka, topic, 0, run.interrupted);
        return measured(task(contender, topic, LATENCY), run.interrupted);
      },
    );
    run.progress('delivering all of the topic');
    const all = { what: 'throughput', warmUp: 0, records: ON_TOPIC } as const;
    const memory = {
      'all of it, no-op function': [await measured(task('orderly', 'full', all), run.interrupted, true)],
      '50,000 of it, function of 50 ms': [
        await measured(task('orderly', 'full', SLOW), run.interrupted, true),
      ],
    };
    return eventSourceTables(throughput, latency, memory);
  } finally {
    await broker.stop();
  }
}

type Samples<Name extends string> = Readonly<Record<Name, readonly (Sample | undefined)[]>>;

/** Ours divided by theirs, round by round; a contender that could not be measured has no samples. */
function eventSourceTables(
  throughput: Samples<keyof typeof EVENT_SOURCES>,
  latency: Samples<'orderly' | 'bare loop'>,
  memory: Samples<string>,
): Table[] {
  const known = (samples: readonly (Sample | undefined)[]) => samples.filter((each) => each !== undefined);
  const rows = (all: Samples<string>) =>
    Object.entries(all).map(([name, samples]) => row(name, known(samples)));
  const ratio = (all: Samples<'orderly'> & Samples<string>, rival: string, figures: string[]) =>
    ratioRow(`orderly / ${rival}`, known(all.orderly), known(all[rival] ?? []), figures);
  return [
    {
      title: 'broker to function',
      columns: {
        recordsPerSecond: { heading: 'records/s', decimals: 0 },
        firstRecordMs: { heading: 'first record ms', decimals: 0 },
        meanBatch: { heading: 'batch', decimals: 0 },
        readerMb: { heading: 'MB at the end', decimals: 0 },
        allMb: { heading: 'with functions', decimals: 0 },
      },
      rows: [
        ...rows(throughput),
        ratio(throughput, 'offline plugin', ['recordsPerSecond']),
        ratio(throughput, 'bare loop', ['recordsPerSecond']),
      ],
    },
    {
      title: 'one record, window 0',
      columns: { p50Ms: { heading: 'p50 ms', decimals: 2 }, p95Ms: { heading: 'p95 ms', decimals: 2 } },
      rows: [...rows(latency), ratio(latency, 'bare loop', ['p50Ms'])],
    },
    {
      title: `a topic of ${ON_TOPIC.toLocaleString('en')} records`,
      columns: {
        readerMb: { heading: 'peak MB', decimals: 0 },
        allMb: { heading: 'with functions', decimals: 0 },
      },
      rows: rows(memory),
    },
  ];
}

/**
 * A task's result, with the resident memory in MB of the process that reads the topic (`readerMb`) and of it and its
 * functions (`allMb`): at the end, or with `peak` the most that was seen, which takes time from it.
 */
async function measured(task: EventSourceTask, interrupted: AbortSignal, peak = false): Promise<Sample> {
  const child = startChild('eventSource', task, { ...process.env, KAFKAJS_NO_PARTITIONER_WARNING: '1' });
  let most = { readerMb: 0, allMb: 0 };
  const look = () => {
    const { readerMb, allMb } = memoryOf(child.pid);
    most = { readerMb: Math.max(most.readerMb, readerMb), allMb: Math.max(most.allMb, allMb) };
  };
  const watching = peak ? setInterval(look, 500) : undefined;
  try {
    const result = await unlessInterrupted(child.result, interrupted);
    look();
    return { ...result, ...most };
  } finally {
    clearInterval(watching);
    await child.stop();
  }
}

/** Node processes alone: the guard's shell and whoever asks are none of the contender's. */
function memoryOf(pid: number) {
  const processes = processTree(pid).filter(({ command }) => command.includes('node'));
  return {
    readerMb: processes.find((each) => each.pid === pid)?.rssMb ?? 0,
    allMb: processes.reduce((sum, { rssMb }) => sum + rssMb, 0),
  };
}

/** Makes a topic and writes `records` records of half a kilobyte to it, in turn to its partitions. */
async function fillTopic(kafka: Kafka, topic: string, records: number, interrupted: AbortSignal) {
  const admin = kafka.admin();
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await Promise.all([admin.connect(), producer.connect()]);
  try {
    const configEntries = [{ name: 'max.message.bytes', value: String(4 * 1024 * 1024) }];
    await admin.createTopics({
      waitForLeaders: true,
      topics: [{ topic, numPartitions: PARTITIONS, configEntries }],
    });
    const perRequest = 3_000;
    for (let written = 0; written < records; written += perRequest) {
      interrupted.throwIfAborted();
      const count = Math.min(perRequest, records - written);
      const messages = Array.from({ length: count }, (_, n) => benchRecord(written + n));
      await producer.send({ topic, acks: 1, messages });
    }
  } finally {
    await Promise.all([admin.disconnect(), producer.disconnect()]);
  }
}

/** About 500 bytes: a key of 30, a value of 430 and one header. */
function benchRecord(n: number) {
  const orderId = `ord_${String(n).padStart(26, '0')}`;
  const value = JSON.stringify({ orderId, seq: 1, schemaVersion: 1, filler: 'x'.repeat(340) }).padEnd(430);
  return { partition: n % PARTITIONS, key: orderId, value, headers: { ce_type: 'OrderPlaced' } };
}

const SETTLE_MS = 5_000;
const IDLE_MS = 20_000;

/**
 * What `orderly up` costs before anybody uses it: its start in an empty folder, once a round, synthesis left out, and what
 * the last one takes while idle, the engine's processes left out.
 */
async function measureLocalCloud({ folder, rounds, interrupted }: Run): Promise<Table> {
  const root = fileURLToPath(new URL('../', import.meta.url));
  const app = join(folder, 'app');
  await unlessInterrupted(synthesize(root, app), interrupted);
  const samples: Sample[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const cwd = await mkdtemp(join(folder, 'project-'));
    await copyFile(join(root, 'millrace.json'), join(cwd, 'millrace.json'));
    const cloud = orderlyUp(cwd, ['--app', app]);
    try {
      samples.push({ startSeconds: (await unlessInterrupted(cloud.startMs, interrupted)) / 1000 });
      if (round === rounds) samples.push(await unlessInterrupted(watchIdle(cloud.pid), interrupted));
    } finally {
      await cloud.stop();
    }
  }
  return {
    title: '',
    columns: {
      startSeconds: { heading: 'start s, with engine', decimals: 1 },
      cpuPercent: { heading: 'idle, % of a core', decimals: 2 },
      rssMb: { heading: 'idle, MB', decimals: 0 },
    },
    rows: [row('orderly up', samples)],
  };
}

async function watchIdle(pid: number): Promise<Sample> {
  await delay(SETTLE_MS);
  const ours = processTree(pid).filter(({ command }) => !/kafka\.Kafka|ministack|^ps /.test(command));
  const used = () => ours.map((each) => cpuSeconds(each.pid));
  const before = used();
  await delay(IDLE_MS);
  // One that has ended meanwhile has taken its figures with it.
  const seconds = used().flatMap((now, n) => {
    const then = before[n];
    return now === undefined || then === undefined ? [] : [now - then];
  });
  const cpuPercent = (seconds.reduce((sum, each) => sum + each, 0) / IDLE_MS) * 1e5;
  const rssMb = ours.reduce((sum, each) => sum + each.rssMb, 0);
  // Without /proc nobody tells.
  return seconds.length === 0 ? { rssMb } : { cpuPercent, rssMb };
}

/** Linux counts in hundredths of a second whatever the machine. */
const TICKS_PER_SECOND = 100;

/** CPU seconds a process has used; undefined where there is no /proc, or no such process. */
function cpuSeconds(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Behind the command, which is in brackets and may hold anything: utime and stime are fields 14 and 15.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return undefined;
  }
}
