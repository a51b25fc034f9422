import { join } from 'node:path';
import { cached, cacheFolder, installStep } from '../../local/engines/install.ts';
import { run } from '../../local/processes/guarded.ts';

const VERSION = '1.58.0';

/**
 * Not counted, each for its reason: W3005 is about dependencies that CDK writes out although a reference implies them, W3010
 * about zones by name, which is how CDK chooses them once the environment is known.
 */
const NOT_COUNTED = ['W3005', 'W3010'];

/**
 * AWS's linter for templates, fetched once by pip into the project's cache folder, as MiniStack is.
 *
 * @returns what it says of the templates, a line each; empty if they are fine
 */
export async function cfnLint(templates: readonly string[]): Promise<readonly string[]> {
  const folder = await cached(cacheFolder(process.env), `cfn-lint-${VERSION}`, (workshop) =>
    installStep(
      'Fetching cfn-lint',
      'python3',
      [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        '--target',
        workshop,
        `cfn-lint==${VERSION}`,
      ],
      process.env,
    ),
  );
  const main = 'from cfnlint.runner import main; main()';
  const { exit, output } = await run(
    'python3',
    ['-c', main, '--format', 'parseable', '--ignore-checks', ...NOT_COUNTED, '--template', ...templates],
    { env: { ...process.env, PYTHONPATH: folder } },
  );
  const findings = output.filter((line) => line !== '').map((line) => line.replace(join('/'), '/'));
  if (exit.code !== 0 && findings.length === 0)
    throw new Error(`cfn-lint ended with ${exit.code ?? exit.signal}`);
  return findings;
}
