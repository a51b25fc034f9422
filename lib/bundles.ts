import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, buildSync, type Metafile, version } from 'esbuild';
import { z } from 'zod';

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = join(root, 'node_modules/.cache/orderly-bundles');

/** How functions are bundled: an ES module each, minified, the AWS SDK inside. */
export const bundling = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  mainFields: ['module', 'main'],
  minify: true,
  alias: Object.fromEntries(
    ['@aws-sdk/credential-provider-node', '@aws-sdk/credential-providers'].map((everywhere) => [
      everywhere,
      `${root}functions/lambda-credentials.ts`,
    ]),
  ),
  // CommonJS dependencies (kafkajs) call require, which an ES module does not have. The long name cannot meet a
  // minified one.
  banner: {
    js: "import{createRequire as orderlyCreateRequire}from'node:module';const require=orderlyCreateRequire(import.meta.url);",
  },
} satisfies BuildOptions;

/** What the last bundle of a function was made of. */
const Made = z.object({
  /** Of what all bundles have in common: esbuild, its options, the installed packages. */
  common: z.string(),
  /** By path from the repository's root, the hash of each file that it was made of. */
  inputs: z.record(z.string(), z.string()),
  /** The folder with its `index.mjs`, named by its content. */
  output: z.string(),
});
type Made = z.infer<typeof Made>;

/** Beside what is being used by another process, nothing older is kept. */
const IN_USE_MS = 10 * 60_000;

let bundled: ReadonlyMap<string, string> | undefined;

/**
 * The folder that holds a function's bundle, `index.mjs`, by its folder of `functions/`.
 *
 * All functions are bundled by one esbuild, once a process: it parses what they share once, and a start of it costs as much
 * as the work. A function whose files are what they were, to the byte, is not bundled again (`node_modules/.cache`).
 *
 * @throws where a function does not build, with esbuild's message.
 */
export function bundleOf(folder: string): string {
  bundled ??= bundleAll();
  const output = bundled.get(folder);
  if (output === undefined) throw new Error(`functions/${folder} has no handler.ts`);
  return output;
}

function bundleAll(): Map<string, string> {
  mkdirSync(cache, { recursive: true });
  const folders = readdirSync(join(root, 'functions')).filter((name) =>
    existsSync(join(root, handlerOf(name))),
  );
  const common = sha256(JSON.stringify([version, bundling, hashOf('package-lock.json')]));
  const hashes = new Map<string, string>();
  const hash = (path: string) => {
    const known = hashes.get(path) ?? hashOf(path);
    hashes.set(path, known);
    return known;
  };
  const outputs = new Map<string, string>();
  for (const folder of folders) {
    const made = readMade(folder);
    const isWhatItWas =
      made?.common === common &&
      existsSync(made.output) &&
      Object.entries(made.inputs).every(([path, before]) => hash(path) === before);
    if (isWhatItWas) outputs.set(folder, made.output);
  }

  const changed = folders.filter((folder) => !outputs.has(folder));
  if (changed.length === 0) return outputs;
  const begun = Date.now();
  const { metafile, outputFiles } = buildSync({
    ...bundling,
    absWorkingDir: root,
    entryPoints: changed.map((folder) => ({ in: handlerOf(folder), out: folder })),
    outdir: cache,
    outExtension: { '.js': '.mjs' },
    metafile: true,
    write: false,
    logLevel: 'warning',
  });
  for (const folder of changed) {
    const file = outputFiles.find(({ path }) => resolve(path) === join(cache, `${folder}.mjs`));
    if (file === undefined) throw new Error(`esbuild made no bundle of functions/${folder}`);
    const inputs = Object.fromEntries(
      filesOf(metafile, handlerOf(folder)).map((path) => [
        path,
        writtenBefore(path, begun) ? hash(path) : 'changed',
      ]),
    );
    const output = join(cache, `${folder}-${sha256(file.contents)}`);
    mkdirSync(output, { recursive: true });
    writeWhole(join(output, 'index.mjs'), file.contents);
    writeWhole(madeOf(folder), JSON.stringify({ common, inputs, output } satisfies Made));
    forgetOthers(folder, output);
    outputs.set(folder, output);
  }
  return outputs;
}

const handlerOf = (folder: string) => `functions/${folder}/handler.ts`;
const madeOf = (folder: string) => join(cache, `${folder}.json`);

function readMade(folder: string): Made | undefined {
  try {
    return Made.parse(JSON.parse(readFileSync(madeOf(folder), 'utf8')));
  } catch {
    // Not made yet, or by an older version of this file: then it is made again.
    return undefined;
  }
}

/** An entry and all that it imports, also what nothing of ends up in the bundle: a change may. */
function filesOf({ inputs }: Metafile, entry: string): string[] {
  const found = new Set([entry]);
  for (const path of found) {
    for (const { path: imported, external } of inputs[path]?.imports ?? []) {
      if (!external) found.add(imported);
    }
  }
  return [...found];
}

/** What is saved while esbuild reads may be in the bundle or not: it is bundled again next time. */
function writtenBefore(path: string, time: number): boolean {
  const { mtimeMs = time } = statSync(join(root, path), { throwIfNoEntry: false }) ?? {};
  return mtimeMs < time;
}

function hashOf(path: string): string {
  try {
    return sha256(readFileSync(join(root, path)));
  } catch {
    return 'gone';
  }
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Another process may write the same at the same moment. */
function writeWhole(path: string, content: string | Uint8Array): void {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, content);
  renameSync(draft, path);
}

function forgetOthers(folder: string, current: string): void {
  for (const name of readdirSync(cache)) {
    const path = join(cache, name);
    if (
      path === current ||
      !/^[0-9a-f]{64}$/.test(name.slice(folder.length + 1)) ||
      !name.startsWith(`${folder}-`)
    ) {
      continue;
    }
    if (Date.now() - statSync(path).mtimeMs > IN_USE_MS) rmSync(path, { recursive: true, force: true });
  }
}
