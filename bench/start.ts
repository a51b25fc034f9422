/**
 * `npm run bench:start`: how soon the app runs, and runs a change, beside what nobody can do without.
 *
 *     orderly up ──> synthesis (CDK, esbuild) ──┐
 *           └──────> Kafka, MiniStack ──────────┴──> it is up ──a source is saved──> its new code runs
 *
 * It is done in a copy of the project, whose sources and cache of bundles are the benchmark's own.
 */
import { appendFile, cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { unlessInterrupted } from '../local/cli/interruption.ts';
import { synthesize } from '../local/cli/synthesize.ts';
import { orderlyUp } from './contenders/orderly-up.ts';
import { startBenchBroker } from './engines.ts';
import { type Benchmark, inTurn, type Run } from './harness.ts';
import { ratioRow, row, type Sample, type Table } from './report.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
/** What an app is synthesized from. */
const COPIED = ['bin', 'lib', 'functions', 'cdk.json', 'millrace.json', 'package.json', 'package-lock.json'];
/** A mail's text: one function has it in its bundle. */
const CHANGED = 'functions/email/mails.ts';
const LOOK_MS = 2_000;

export default {
  rounds: 5,
  async measure(run) {
    const { interrupted } = run;
    const project = await copyOfTheProject(run);
    const empty = await emptyApp(run, project);
    const synthesis = async (dir: string): Promise<Sample> => {
      const begin = performance.now();
      await unlessInterrupted(synthesize(dir, join(dir, 'cdk.out')), interrupted);
      return { seconds: secondsSince(begin) };
    };
    const samples = await inTurn(
      run,
      '',
      {
        'an empty CDK app': () => synthesis(empty),
        'synthesis, first': async () => {
          await rm(join(project, 'node_modules/.cache'), { recursive: true, force: true });
          return synthesis(project);
        },
        'synthesis, nothing changed': () => synthesis(project),
        Kafka: async () => {
          const broker = await startBenchBroker({
            ...run,
            folder: await mkdtemp(join(run.folder, 'kafka-')),
          });
          await broker.stop();
          return { seconds: broker.startMs / 1000 };
        },
        'orderly up --watch': () => upAndChange(project, interrupted),
      },
      (measure) => measure(),
    );
    return {
      workload: 'seconds, from the start of a process to what is waited for',
      tables: [startTable(samples)],
    };
  },
} satisfies Benchmark;

const secondsSince = (begin: number) => (performance.now() - begin) / 1000;

/** Starts it with nothing in its folder but bundles, then saves a file of a function, and waits for the new code. */
async function upAndChange(project: string, interrupted: AbortSignal): Promise<Sample> {
  await rm(join(project, '.millrace'), { recursive: true, force: true });
  const cloud = orderlyUp(project, ['--watch']);
  try {
    const seconds = (await unlessInterrupted(cloud.startMs, interrupted)) / 1000;
    await unlessInterrupted(cloud.says(/watching the sources/), interrupted);
    // Nobody saves at the moment that it is up: the next synthesis stands by until somebody does.
    await unlessInterrupted(delay(LOOK_MS), interrupted);
    const replaced = cloud.says(/new code of/);
    const begin = performance.now();
    await appendFile(join(project, CHANGED), `\nObject.assign(globalThis, { changedAt: ${Date.now()} });\n`);
    await unlessInterrupted(replaced, interrupted);
    return { seconds, changeSeconds: secondsSince(begin) };
  } finally {
    await cloud.stop();
  }
}

async function copyOfTheProject({ folder }: Run): Promise<string> {
  const project = join(folder, 'project');
  const modules = join(project, 'node_modules');
  await mkdir(modules, { recursive: true });
  for (const name of COPIED) await cp(join(root, name), join(project, name), { recursive: true });
  for (const name of await readdir(join(root, 'node_modules'))) {
    if (name !== '.cache') await symlink(join(root, 'node_modules', name), join(modules, name));
  }
  return project;
}

/** What CDK takes by itself, for a stack with nothing in it. */
async function emptyApp({ folder }: Run, project: string): Promise<string> {
  const dir = join(folder, 'empty');
  await mkdir(dir);
  await symlink(join(project, 'node_modules'), join(dir, 'node_modules'));
  await writeFile(join(dir, 'cdk.json'), '{"app":"node app.mjs"}');
  await writeFile(
    join(dir, 'app.mjs'),
    "import { App, Stack } from 'aws-cdk-lib'; const app = new App(); new Stack(app, 'Empty'); app.synth();",
  );
  return dir;
}

type StartName =
  | 'an empty CDK app'
  | 'synthesis, first'
  | 'synthesis, nothing changed'
  | 'Kafka'
  | 'orderly up --watch';

/** `up` divided by the slower of what it starts side by side, and by what it may take: 1.3 times that, and a second. */
export function startTable(samples: Readonly<Record<StartName, readonly Sample[]>>): Table {
  const up = samples['orderly up --watch'];
  const slower = samples.Kafka.map(({ seconds = Number.NaN }, round) => ({
    seconds: Math.max(seconds, samples['synthesis, nothing changed'][round]?.seconds ?? Number.NaN),
  }));
  const allowed = slower.map(({ seconds }) => ({ seconds: 1.3 * seconds + 1 }));
  const ofCdk = (name: StartName) =>
    ratioRow(`${name} / an empty CDK app`, samples[name], samples['an empty CDK app'], ['seconds']);
  return {
    title: '',
    columns: {
      seconds: { heading: 'seconds', decimals: 2 },
      changeSeconds: { heading: 'until a change runs', decimals: 2 },
    },
    rows: [
      ...Object.entries(samples).map(([name, rounds]) => row(name, rounds)),
      ofCdk('synthesis, first'),
      ofCdk('synthesis, nothing changed'),
      ratioRow('up / the slower of Kafka and the synthesis', up, slower, ['seconds']),
      ratioRow('up / 1.3 times that and a second', up, allowed, ['seconds']),
    ],
  };
}
