import { readFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../../', import.meta.url));

interface Resources {
  readonly Resources: Readonly<Record<string, { readonly Metadata?: Readonly<Record<string, string>> }>>;
}

/**
 * Copies the app's cloud assembly into `outdir` and puts another handler in the place of one function's bundle.
 *
 * @param construct construct path of the function, e.g. `orderly-orders/Shipping/Function`
 * @param handler file of `test/defects/` that exports `handler`
 */
export async function defectiveAssembly(
  assembly: string,
  outdir: string,
  construct: string,
  handler: string,
): Promise<void> {
  await cp(assembly, outdir, { recursive: true });
  const [stack] = construct.split('/');
  const template = JSON.parse(readFileSync(join(outdir, `${stack}.template.json`), 'utf8')) as Resources;
  const found = Object.values(template.Resources).find(
    ({ Metadata }) => Metadata?.['aws:cdk:path'] === `${construct}/Resource`,
  );
  const asset = found?.Metadata?.['aws:asset:path'];
  if (asset === undefined) throw new Error(`${construct} has no asset in ${outdir}`);
  await build({
    entryPoints: [join(root, 'test/defects', handler)],
    outfile: join(outdir, asset, 'index.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    mainFields: ['module', 'main'],
    logLevel: 'error',
    banner: {
      js: "import{createRequire as orderlyCreateRequire}from'node:module';const require=orderlyCreateRequire(import.meta.url);",
    },
  });
}
