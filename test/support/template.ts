import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { CloudAssembly } from 'aws-cdk-lib/cx-api';
import { orderSystem } from '../../lib/order-system.ts';
import { readSettings } from '../../lib/settings.ts';

/** Context of the production stage, with the look-up that the CDK CLI would make for it. */
export const PRODUCTION = {
  stage: 'production',
  account: '123456789012',
  region: 'eu-west-1',
  mailFrom: 'orders@shop.example',
  'availability-zones:account=123456789012:region=eu-west-1': ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'],
};

/** Context that names a cluster which is there already. */
export const EXISTING_CLUSTER = {
  clusterArn: 'arn:aws:kafka:eu-west-1:123456789012:cluster/shared/11111111-2222-3333-4444-555555555555-6',
  vpcId: 'vpc-0123456789abcdef0',
  subnetIds: 'subnet-0aaaaaaaaaaaaaaaa,subnet-0bbbbbbbbbbbbbbbb',
  securityGroupId: 'sg-0123456789abcdef0',
};

/** Two stacks as they would be deployed; `remove` deletes the assembly. */
export interface Synthesized {
  readonly streaming: Template;
  readonly orders: Template;
  readonly assembly: CloudAssembly;
  readonly remove: () => void;
}

/** Nothing is bundled: assets are named after their constructs then, and everything else is as it would be deployed. */
const WITHOUT_BUNDLES = { 'aws:cdk:bundling-stacks': [] };

/** Synthesizes the app without an account, as the context says; the sandbox stage without any. */
export function synthesizedStacks(context: Readonly<Record<string, unknown>> = {}): Synthesized {
  const outdir = mkdtempSync(join(tmpdir(), 'orderly-template-'));
  const { context: flags } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')) as {
    context: Record<string, unknown>;
  };
  const app = new App({ outdir, context: { ...flags, ...WITHOUT_BUNDLES, ...context } });
  const { streaming, orders } = orderSystem(
    app,
    readSettings((key) => app.node.tryGetContext(key), {}),
  );
  return {
    assembly: app.synth(),
    streaming: Template.fromStack(streaming),
    orders: Template.fromStack(orders),
    remove: () => rmSync(outdir, { recursive: true, force: true }),
  };
}

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

/** Every statement that the role of a function is given, by part of the role's logical id. */
export function statementsOf(template: Template, role: string): readonly Statement[] {
  const policies = Object.values(template.findResources('AWS::IAM::Policy'));
  return policies
    .filter(({ Properties }) => JSON.stringify(Properties.Roles).includes(role))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement as Statement[]);
}

/** The actions of statements, sorted. */
export function actionsOf(statements: readonly Statement[]): readonly string[] {
  return statements.flatMap(({ Action }) => Action).sort();
}

/** A resource of a template. */
export interface TemplateResource {
  readonly id: string;
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is what the tests are about, and has no types.
  readonly properties: any;
  readonly dependsOn: readonly string[];
  /** `undefined`: none is written, which is CloudFormation's `Delete` for most types. */
  readonly deletionPolicy: string | undefined;
}

/** The resources of a template, in its order. */
export function resourcesOf(template: Template): readonly TemplateResource[] {
  return Object.entries(template.toJSON().Resources as ReturnType<Template['findResources']>).map(
    ([id, { Type, Properties, DependsOn, DeletionPolicy }]) => ({
      id,
      type: Type,
      properties: Properties,
      dependsOn: [DependsOn ?? []].flat(),
      deletionPolicy: DeletionPolicy,
    }),
  );
}
