import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { appOf } from './app.ts';
import { OPTIONS, type Option } from './contexts.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folders of cloud assemblies. */
    assemblies: Readonly<Record<Option, string>>;
  }
}

/** Synthesizes the app once for each option, without an account, for all template tests of a run. */
export function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'orderly-template-'));
  const assemblies: Record<string, string> = {};
  // CDK's own validation would take most of the time, and finds nothing that cfn-lint doesn't.
  process.env.CDK_VALIDATION = 'false';
  for (const [name, context] of Object.entries(OPTIONS)) {
    const outdir = join(folder, name.replaceAll(/\W+/g, '-'));
    appOf(context, outdir).synth();
    assemblies[name] = outdir;
  }
  project.provide('assemblies', assemblies as Record<Option, string>);
  return () => rmSync(folder, { recursive: true, force: true });
}
