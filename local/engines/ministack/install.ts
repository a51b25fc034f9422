import { cached, isCached } from '../cache.ts';
import { installStep } from '../install.ts';

const VERSION = '1.5.33';

/** Where the cache keeps MiniStack. */
export const MINISTACK_PART = `ministack-${VERSION}`;

/** The folder of MiniStack and what it imports, fetched by pip if the cache lacks it. */
export async function installMinistack(
  cacheDir: string,
  env: Readonly<Record<string, string | undefined>>,
  progress: (step: string) => void,
): Promise<string> {
  if (!isCached(cacheDir, MINISTACK_PART)) progress('fetching MiniStack with pip (once)');
  return cached(cacheDir, MINISTACK_PART, (workshop) =>
    installStep(
      'Fetching MiniStack',
      'python3',
      [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        '--target',
        workshop,
        `ministack==${VERSION}`,
      ],
      env,
    ),
  );
}
