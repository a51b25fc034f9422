import { App } from 'aws-cdk-lib';
import { orderSystem } from '../lib/order-system.ts';
import { readSettings } from '../lib/settings.ts';

const app = new App();
orderSystem(app, readSettings(app.node.getAllContext(), process.env));
