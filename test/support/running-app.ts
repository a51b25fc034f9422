import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { localApp } from '../../local/cli/app.ts';
import { mappingsOf } from '../../local/cli/commands/mapping.ts';
import type { RunningCloud } from '../../local/cli/running-cloud.ts';
import { synthesize } from '../../local/cli/synthesize.ts';
import { testAssembly } from './assembly.ts';
import { type FakeAws, fakeAws } from './fake-aws.ts';
import { type Ended, orderlyUp, ran } from './orderly-process.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** As the stack of the orders has it, in ASCII. */
const RETURN_ADDRESS =
  '{"name":"K\\u00e4sek\\u00f6nig","line1":"Lagerstr. 12","city":"Hamburg","postalCode":"20357","country":"DE"}';

/** The app in a local cloud of its own folder, and the same app as a deployed stack, `orders`, of a part of AWS. */
export interface RunningApp {
  readonly cloud: RunningCloud;
  readonly aws: FakeAws;
  /** Runs a command of `orderly` in the folder of the local cloud. */
  here(...args: readonly string[]): Promise<Ended>;
  /** Runs it elsewhere, with what points the AWS SDK at that part of AWS. */
  deployed(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Ended>;
  stop(): Promise<void>;
}

/**
 * Runs the app, synthesized anew if it has other context.
 *
 * @param context over that of cdk.json
 * @param config over that of millrace.json
 */
export async function runningApp({
  context,
  config = {},
}: {
  readonly context?: object;
  readonly config?: object;
} = {}): Promise<RunningApp> {
  const cwd = mkdtempSync(join(tmpdir(), 'orderly-app-'));
  const elsewhere = mkdtempSync(join(tmpdir(), 'orderly-operator-'));
  const cdk = readJson('cdk.json') as { context: object };
  const write = (name: string, content: object) => writeFileSync(join(cwd, name), JSON.stringify(content));
  write('cdk.json', { app: `node ${root}bin/app.ts`, context: { ...cdk.context, ...context } });
  write('millrace.json', { ...(readJson('millrace.json') as object), ...config });
  const app = context === undefined ? testAssembly() : join(cwd, 'app');
  if (context !== undefined) await synthesize(cwd, app);
  const { up, cloud } = await orderlyUp(cwd, app);
  const { outputs, apis, engine } = cloud.status;
  const mappings = await mappingsOf(localApp(cloud));
  const outputsOf = (stack: string) =>
    Object.fromEntries(
      Object.entries(outputs)
        .filter(([name]) => name.startsWith(`${stack}.`))
        .map(([name, value]) => [name.slice(stack.length + 1), value]),
    );
  const aws = await fakeAws({
    stacks: (url) => {
      const orders = { ...outputsOf('orderly-orders'), ApiUrl: url, ReturnAddress: RETURN_ADDRESS };
      return {
        orders: {
          outputs: orders,
          mappings: Object.fromEntries(mappings.map(({ UUID }, n) => [`Mapping${n}`, UUID])),
        },
        'of-others': { outputs: orders, mappings: {} },
        'orderly-verify': { outputs: outputsOf('orderly-verify'), mappings: {} },
      };
    },
    apiUrl: () => apis[0]?.url ?? '',
  });
  const points = {
    ...aws.env,
    AWS_ENDPOINT_URL_DYNAMODB: engine.awsEndpoint,
    AWS_ENDPOINT_URL_LAMBDA: cloud.url,
  };
  return {
    cloud,
    aws,
    here: (...args) => ran(args, { cwd }),
    deployed: (env, ...args) => ran(args, { cwd: elsewhere, env: { ...points, ...env } }),
    async stop() {
      await aws.stop();
      await up.end();
      for (const dir of [cwd, elsewhere]) rmSync(dir, { recursive: true, force: true });
    },
  };
}

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(join(root, name), 'utf8'));
}
