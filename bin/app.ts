import { App } from 'aws-cdk-lib';
import { orderSystem } from '../lib/order-system.ts';
import { readSettings, SettingsError } from '../lib/settings.ts';

const app = new App();
try {
  orderSystem(app, readSettings(app.node.getAllContext(), process.env));
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  process.stderr.write(`${error.message}\n`);
  // Not `exitCode`: CDK would synthesize what there is of the app.
  process.exit(1);
}
