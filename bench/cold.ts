/**
 * `npm run bench:cold`: how long each function's bundle takes to load, which is the part of a cold start that is ours.
 *
 *     a new process ──import──> the bundle as it would be uploaded ──> its handler
 *                     <─ measured ─────────────────────────────────>
 *
 * Beside an empty handler, a handler with one SDK client, and a consumer made of what is usually taken.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { honouredModel } from '../local/assembly/model.ts';
import { readAssembly } from '../local/assembly/read.ts';
import { unlessInterrupted } from '../local/cli/interruption.ts';
import { synthesize } from '../local/cli/synthesize.ts';
import { readLocalConfig } from '../local/config.ts';
import { ACCOUNT, REGION } from '../local/engines/engine.ts';
import { otherBundles, USUAL_PACKAGES } from './contenders/usual-stack.ts';
import { type Benchmark, inChild, installBeside, inTurn } from './harness.ts';
import { row, type Table } from './report.ts';

/** What is loaded. */
export interface Bundle {
  readonly path: string;
  /** What its code asks for. */
  readonly environment: Readonly<Record<string, string>>;
}

export default {
  rounds: 15,
  async measure(run) {
    const { folder, rounds, progress, interrupted } = run;
    const packageDir = await installBeside(run, 'usual-stack', USUAL_PACKAGES);
    if (packageDir === undefined) throw new Error('npm could not install the usual stack');
    progress('bundling');
    const others = await otherBundles(packageDir);
    const bundles = { ...others, ...(await unlessInterrupted(ourBundles(folder), interrupted)) };
    const load = ({ path, environment }: Bundle) => inChild('load', { path }, environment, interrupted);
    progress('loading each once, to warm the disk');
    for (const bundle of Object.values(bundles)) await load(bundle);

    const starts = await inTurn(run, '', bundles, async (bundle) => ({
      bundleKb: (await stat(bundle.path)).size / 1000,
      ...(await load(bundle)),
    }));
    return { workload: `${rounds} starts of each, median (lowest–highest)`, tables: [coldTable(starts)] };
  },
} satisfies Benchmark;

interface Start {
  readonly bundleKb: number;
  readonly loadMs: number;
  readonly cpuMs: number;
}

/** Each bundle's starts, and its load time divided by that of two others, round by round. */
export function coldTable(starts: Readonly<Record<string, readonly Start[]>>): Table {
  const loadMs = (name: string, round: number) => starts[name]?.[round]?.loadMs ?? Number.NaN;
  return {
    title: '',
    columns: {
      bundleKb: { heading: 'bundle kB', decimals: 0 },
      loadMs: { heading: 'load ms', decimals: 0 },
      cpuMs: { heading: 'CPU ms', decimals: 0 },
      ofPlainClient: { heading: '/ plain client', decimals: 2 },
      ofUsualStack: { heading: '/ usual stack', decimals: 2 },
    },
    rows: Object.entries(starts).map(([name, samples]) =>
      row(
        name,
        samples.map((start, round) => ({
          ...start,
          ofPlainClient: start.loadMs / loadMs('the plain SDK client', round),
          ofUsualStack: start.loadMs / loadMs('the usual stack, bundled as ours', round),
        })),
      ),
    ),
  };
}

/** The functions of this project, as they would be uploaded, with the environment that they ask for. */
async function ourBundles(folder: string): Promise<Record<string, Bundle>> {
  const root = fileURLToPath(new URL('../', import.meta.url));
  const app = join(folder, 'app');
  await synthesize(root, app);
  const config = await readLocalConfig(join(root, 'millrace.json'));
  const { functions } = honouredModel(await readAssembly(app), config, {
    account: ACCOUNT,
    region: REGION,
    bootstrapServers: '127.0.0.1:9092',
    streamArn: () => undefined,
  });
  return Object.fromEntries(
    functions.map(({ path, codeDir, environment }) => [
      nameOf(path),
      { path: join(codeDir, 'index.mjs'), environment },
    ]),
  );
}

/** `orderly-orders/Manifests/Manifest/Function` is `manifest`. */
function nameOf(path: string): string {
  const words = path.split('/').filter((word) => word !== 'Function');
  return (words.at(-1) ?? path).replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
}
