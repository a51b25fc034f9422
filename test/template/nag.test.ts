import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, Validations } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { expect, it, onTestFinished } from 'vitest';
import { appOf } from '../support/app.ts';
import { OPTIONS, type Option } from '../support/contexts.ts';

interface Violation {
  readonly ruleName: string;
  readonly violatingConstructs: readonly { readonly constructPath: string }[];
}

interface Report {
  readonly pluginReports: readonly {
    readonly violations: readonly Violation[];
  }[];
}

/** What cdk-nag's pack for AWS solutions says of the app. */
function report(option: Option, change: (app: App) => void = () => undefined): Report {
  const outdir = mkdtempSync(join(tmpdir(), 'orderly-nag-'));
  onTestFinished(() => rmSync(outdir, { recursive: true, force: true }));
  const app = appOf(OPTIONS[option], outdir);
  change(app);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const exitCode = process.exitCode;
  try {
    app.synth();
  } catch {
    // It throws where there are findings, once it has written the report.
  } finally {
    process.exitCode = exitCode;
  }
  return JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8'));
}

/** `rule at construct path`, for everything that nobody has given a reason for. */
function findings(...args: Parameters<typeof report>): readonly string[] {
  return report(...args).pluginReports.flatMap(({ violations }) =>
    violations.flatMap(({ ruleName, violatingConstructs }) =>
      violatingConstructs.map(({ constructPath }) => `${ruleName} at ${constructPath}`),
    ),
  );
}

it.each(Object.keys(OPTIONS) as Option[])('cdk-nag finds nothing without a reason in %s', (option) => {
  expect(findings(option)).toEqual([]);
});

it('cdk-nag would find a bucket that anybody may reach without TLS', () => {
  const found = findings('sandbox', (app) => {
    const orders = app.node.findChild('orderly-orders');
    new Bucket(orders, 'Careless');
  });
  expect(found).toContain('AwsSolutions-S10 at orderly-orders/Careless/Resource');
});
