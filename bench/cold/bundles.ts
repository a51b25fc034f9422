import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { bundling } from '../../lib/bundles.ts';
import { readAssembly } from '../../local/assembly/read.ts';
import { synthesize } from '../../local/cli/synthesize.ts';
import { readLocalConfig } from '../../local/config.ts';
import { ACCOUNT, REGION } from '../../local/engines/addresses.ts';
import { honouredModel } from '../../local/honoured-model.ts';
import project from '../../package.json' with { type: 'json' };
import type { Bundle } from './contract.ts';
import { EMPTY, PLAIN_CLIENT, USUAL_STACK } from './sources.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const SDK_VERSION = project.dependencies['@aws-sdk/client-dynamodb'];

/** What the usual stack is made of; the SDK in the version that this project uses. */
export const USUAL_PACKAGES = [
  '@aws-lambda-powertools/batch@2.35.0',
  '@aws-lambda-powertools/idempotency@2.35.0',
  '@aws-lambda-powertools/logger@2.35.0',
  '@middy/core@7.9.2',
  `@aws-sdk/client-dynamodb@${SDK_VERSION}`,
  `@aws-sdk/lib-dynamodb@${SDK_VERSION}`,
];

/** As CDK's `NodejsFunction` bundles without being told otherwise: CommonJS, and the SDK is the runtime's. */
const DEFAULT: BuildOptions = { format: 'cjs', target: 'node24', external: ['@aws-sdk/*', '@smithy/*'] };

/** The functions of this project, as they would be uploaded, with the environment that they ask for. */
export async function ourBundles(folder: string): Promise<Bundle[]> {
  const app = join(folder, 'app');
  await synthesize(root, app);
  const config = await readLocalConfig(join(root, 'millrace.json'));
  const { functions } = honouredModel(await readAssembly(app), config, {
    account: ACCOUNT,
    region: REGION,
    bootstrapServers: '127.0.0.1:9092',
    streamArn: () => undefined,
  });
  return Promise.all(
    functions.map(({ path, codeDir, environment }) =>
      bundleAt(nameOf(path), join(codeDir, 'index.mjs'), environment),
    ),
  );
}

/** `orderly-orders/Manifests/Manifest/Function` is `manifest`. */
function nameOf(path: string): string {
  const words = path.split('/').filter((word) => word !== 'Function');
  return (words.at(-1) ?? path).replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
}

/** What ours are measured beside; `packageDir` has the usual stack's packages. */
export async function otherBundles(packageDir: string): Promise<Bundle[]> {
  const bundle = async (name: string, source: string, file: string, options: BuildOptions) => {
    const path = join(packageDir, file);
    await build({
      stdin: { contents: source, resolveDir: packageDir, sourcefile: `${name}.js` },
      outfile: path,
      bundle: true,
      platform: 'node',
      logLevel: 'error',
      ...options,
    });
    return bundleAt(name, path, { TABLE: 'table' });
  };
  return [
    await bundle('an empty handler', EMPTY, 'empty.mjs', bundling),
    await bundle('the plain SDK client', PLAIN_CLIENT, 'plain.mjs', bundling),
    await bundle('the usual stack, bundled as ours', USUAL_STACK, 'usual.mjs', bundling),
    await bundle("the usual stack, by CDK's defaults", USUAL_STACK, 'usual.cjs', DEFAULT),
  ];
}

async function bundleAt(name: string, path: string, environment: Bundle['environment']): Promise<Bundle> {
  return { name, path, bytes: (await stat(path)).size, environment };
}
