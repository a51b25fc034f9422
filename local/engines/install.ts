import { dockerInstead } from '../command-line.ts';
import { LocalCloudError } from '../errors.ts';
import { run } from '../processes/run.ts';

const TOLD_LINES = 12;

/** Runs a step of an installation; throws ENGINE_INSTALL_FAILED with the last lines the command wrote. */
export async function installStep(
  what: string,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  cwd?: string,
): Promise<void> {
  const { exit, output } = await run(command, args, { env, ...(cwd !== undefined && { cwd }) });
  if (exit.code === 0) return;
  const ending = exit.code === null ? `was ended by ${exit.signal}` : `failed with code ${exit.code}`;
  throw new LocalCloudError(
    'ENGINE_INSTALL_FAILED',
    [`${what}: ${command} ${ending}. It wrote last:`, ...output.slice(-TOLD_LINES)].join('\n  '),
    {
      remedy: [
        'See that the network, and any proxy or mirror that the tool is configured for, can be reached; then start again.',
        dockerInstead(),
      ],
      retriable: true,
    },
  );
}
