import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import type { TestProject } from 'vitest/node';
import { orderSystem } from '../../lib/order-system.ts';
import { readSettings } from '../../lib/settings.ts';
import { OPTIONS, type Option } from './contexts.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folders of cloud assemblies. */
    assemblies: Readonly<Record<Option, string>>;
  }
}

/** Nothing is bundled: assets are named after their constructs then, and everything else is as it would be deployed. */
const WITHOUT_BUNDLES = { 'aws:cdk:bundling-stacks': [] };

/** Synthesizes the app once for each option, without an account, for all template tests of a run. */
export function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'orderly-template-'));
  const { context: flags } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')) as {
    context: Record<string, unknown>;
  };
  const assemblies: Record<string, string> = {};
  for (const [name, context] of Object.entries(OPTIONS)) {
    const outdir = join(folder, name.replaceAll(/\W+/g, '-'));
    const app = new App({ outdir, context: { ...flags, ...WITHOUT_BUNDLES, ...context } });
    orderSystem(
      app,
      readSettings((key) => app.node.tryGetContext(key), {}),
    );
    app.synth();
    assemblies[name] = outdir;
  }
  project.provide('assemblies', assemblies as Record<Option, string>);
  return () => rmSync(folder, { recursive: true, force: true });
}
