import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, type AppProps, Stack, type StackProps } from 'aws-cdk-lib';
import { onTestFinished } from 'vitest';

/** A stack in an app of its own, whose cloud assembly goes with the test: without a folder, CDK leaves one behind. */
export function stackOfItsOwn(props: StackProps = {}, context: NonNullable<AppProps['context']> = {}): Stack {
  const outdir = mkdtempSync(join(tmpdir(), 'orderly-stack-'));
  onTestFinished(() => rmSync(outdir, { recursive: true, force: true }));
  return new Stack(new App({ outdir, context }), 'Stack', props);
}
