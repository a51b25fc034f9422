import dns from 'node:dns';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ACCOUNT, REGION } from '../../local/engines/engine.ts';
import { cacheFolder } from '../../local/engines/install.ts';
import { installMinistack, startMinistack } from '../../local/engines/ministack.ts';
import type { RunningPart } from '../../local/engines/part.ts';
import { freePorts } from '../../local/engines/ports.ts';
import { spawnGuarded } from '../../local/processes/guarded.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const EXTENSION = fileURLToPath(new URL('emulator', import.meta.url));
/** Lines of the CDK CLI that a failure shows. */
const TOLD_LINES = 40;

/** An account that is nobody's: MiniStack with its CloudFormation, on this machine alone. */
export interface RehearsalAccount {
  /** Runs the CDK CLI in the app, and answers all that it has said. Throws if it fails, with the end of that. */
  cdk(...args: readonly string[]): Promise<string>;
  /** What MiniStack and the functions it runs have written. */
  readonly log: readonly string[];
  stop(): Promise<void>;
}

/**
 * Starts the account in a folder, and points this process's AWS clients at it: endpoint, region, and credentials that open
 * nothing else. The folder gets the project's packages, since CDK's own functions run below it and look for AWS's clients.
 */
export async function startAccount(
  folder: string,
  signal: AbortSignal,
  progress: (step: string) => void,
): Promise<RehearsalAccount> {
  const { PATH } = process.env;
  const installed = await installMinistack(cacheFolder(process.env), process.env, progress);
  const [port] = await freePorts(1);
  const endpoint = `http://127.0.0.1:${port}`;
  // Functions run on the Node that is pinned here, whatever else is installed.
  const path = [join(root, 'node_modules', '.bin'), PATH].join(delimiter);
  const home = join(folder, 'home');
  const app = join(folder, 'app');
  await mkdir(home, { recursive: true });
  await mkdir(app);
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  // The CLI keeps what it looks up beside cdk.json: this one is a copy.
  const settings = JSON.parse(await readFile(join(root, 'cdk.json'), 'utf8'));
  await writeFile(
    join(app, 'cdk.json'),
    JSON.stringify({ ...settings, app: `node ${join(root, 'bin/app.ts')}` }),
  );

  const log: string[] = [];
  const ministack: RunningPart = await startMinistack({
    folder: [EXTENSION, installed].join(delimiter),
    dataDir: join(folder, 'ministack'),
    port: port ?? 0,
    env: { PATH: path, HOME: home },
    log: (_part, line) => log.push(line),
  });

  const aws = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_CONFIG_FILE: join(home, 'none'),
    AWS_SHARED_CREDENTIALS_FILE: join(home, 'none'),
  };
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  Object.assign(process.env, aws);
  resolveLocalhost();

  return {
    log,
    async cdk(...args) {
      const lines: string[] = [];
      const child = spawnGuarded(
        'cdk',
        [...args, '--ci', '--no-notices', '--no-color', '--no-version-reporting'],
        {
          cwd: app,
          env: {
            ...aws,
            PATH: path,
            HOME: home,
            CDK_DISABLE_VERSION_CHECK: '1',
            CDK_DISABLE_CLI_TELEMETRY: 'true',
          },
          grace: 'kill',
          onOutput: (line) => lines.push(line),
        },
      );
      const stop = () => void child.stop();
      signal.addEventListener('abort', stop, { once: true });
      const { code } = await child.exited;
      signal.removeEventListener('abort', stop);
      signal.throwIfAborted();
      if (code !== 0)
        throw new Error(
          [`cdk ${args.join(' ')} ended with ${code}:`, ...lines.slice(-TOLD_LINES)].join('\n  '),
        );
      return lines.join('\n');
    },
    stop: () => ministack.stop(),
  };
}

/** The account and region, as `cdk bootstrap` wants them. */
export const ENVIRONMENT = `aws://${ACCOUNT}/${REGION}`;

/** Names below `localhost` are this machine (RFC 6761), and not every resolver knows: an API's host is such a name here. */
function resolveLocalhost(): void {
  const { lookup } = dns;
  const local = (host: string, ...rest: unknown[]) =>
    Reflect.apply(lookup, dns, [host.endsWith('.localhost') ? '127.0.0.1' : host, ...rest]);
  dns.lookup = Object.assign(local, lookup) as typeof lookup;
}
