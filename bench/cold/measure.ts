import { fileURLToPath } from 'node:url';
import { unlessInterrupted } from '../../local/cli/interruption.ts';
import { REGION } from '../../local/engines/addresses.ts';
import type { BenchmarkRun } from '../command.ts';
import { installBeside } from '../install-beside.ts';
import { push, turn } from '../rounds.ts';
import { startTask } from '../task.ts';
import { otherBundles, ourBundles, USUAL_PACKAGES } from './bundles.ts';
import type { Bundle, Loaded } from './contract.ts';

/** Each bundle's starts, one per round, in the order of the rounds. */
export type ColdFigures = ReadonlyMap<Bundle, readonly Loaded[]>;

const entry = fileURLToPath(new URL('./child.ts', import.meta.url));

/** Starts every bundle once a round, each time in a new process. */
export async function measureCold(run: BenchmarkRun): Promise<ColdFigures> {
  const { folder, rounds, progress, interrupted } = run;
  progress('installing the usual stack beside the project');
  const packageDir = await unlessInterrupted(installBeside(folder, 'usual', USUAL_PACKAGES), interrupted);
  if (packageDir === undefined) throw new Error('npm could not install the usual stack');
  progress('bundling');
  const others = await otherBundles(packageDir);
  const bundles = [...others, ...(await unlessInterrupted(ourBundles(folder), interrupted))];

  const figures = new Map(bundles.map((bundle) => [bundle, [] as Loaded[]]));
  // The round before the first is not counted: it is the disk's.
  for (let round = 0; round <= rounds; round += 1) {
    progress(round === 0 ? 'loading each once, to warm the disk' : `round ${round} of ${rounds}`);
    for (const bundle of turn(bundles, round)) {
      const loaded = await load(bundle, interrupted);
      if (round > 0) push(figures, bundle, loaded);
    }
  }
  return figures;
}

async function load({ name, path, environment }: Bundle, interrupted: AbortSignal): Promise<Loaded> {
  // Its own environment, not the user's: no compile cache above all, which Lambda doesn't have either.
  const env = {
    PATH: process.env.PATH,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_LAMBDA_FUNCTION_NAME: 'bench',
    ...environment,
  };
  const child = startTask<Loaded>(name, entry, { bundle: path }, env);
  try {
    return await unlessInterrupted(child.result, interrupted);
  } finally {
    await child.stop();
  }
}
