import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { CloudAssembly } from 'aws-cdk-lib/cx-api';
import { inject } from 'vitest';
import type { Option } from './contexts.ts';

/** The two stacks as they would be deployed. */
export interface Synthesized {
  readonly assembly: CloudAssembly;
  readonly streaming: Template;
  readonly orders: Template;
}

/** The app as `templates.global.ts` has synthesized it. */
export function synthesized(option: Option = 'sandbox'): Synthesized {
  const directory = inject('assemblies')[option];
  const template = (stack: string) =>
    Template.fromJSON(JSON.parse(readFileSync(join(directory, `${stack}.template.json`), 'utf8')));
  return {
    assembly: new CloudAssembly(directory),
    streaming: template('orderly-streaming'),
    orders: template('orderly-orders'),
  };
}

/** The consumers of the topic `orders`, as `lib/orders-stack.ts` declares them: each by the id of its construct, and its group. */
export const CONSUMERS = [
  { id: 'Email', groupId: 'email-service' },
  { id: 'Shipping', groupId: 'shipping-service' },
  { id: 'Sales', groupId: 'sales-service' },
] as const;
/** These, and the collector of what they give up. */
export const KAFKA_CONSUMERS = [
  ...CONSUMERS,
  { id: 'DeadLetterCollector', groupId: 'dead-letters' },
] as const;

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
