import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { orderSystem } from '../../lib/order-system.ts';
import { readSettings } from '../../lib/settings.ts';

/** Nothing is bundled; everything else is as it would be deployed. */
const WITHOUT_BUNDLES = { 'aws:cdk:bundling-stacks': [] };

/** The app as bin/app.ts makes it under a context, about to be synthesized into `outdir`, without an account. */
export function appOf(context: Readonly<Record<string, unknown>>, outdir: string): App {
  const { context: flags } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')) as {
    context: Record<string, unknown>;
  };
  const app = new App({ outdir, context: { ...flags, ...WITHOUT_BUNDLES, ...context } });
  orderSystem(app, readSettings(app.node.getAllContext(), {}));
  return app;
}
