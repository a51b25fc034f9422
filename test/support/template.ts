import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { ApiAccess } from '../../lib/api-access.ts';
import { OrdersStack } from '../../lib/orders-stack.ts';
import { StreamingStack } from '../../lib/streaming-stack.ts';

/** The two stacks as they would be deployed, synthesized without an account; `remove` deletes the assembly. */
export function synthesizedStacks(apiAccess?: ApiAccess): {
  streaming: Template;
  orders: Template;
  remove: () => void;
} {
  const outdir = mkdtempSync(join(tmpdir(), 'orderly-template-'));
  const { context } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')) as {
    context: Record<string, unknown>;
  };
  const app = new App({ outdir, context });
  const streaming = new StreamingStack(app, 'streaming');
  const orders = new OrdersStack(app, 'orders', {
    topic: streaming.orders,
    deadLetters: streaming.deadLetters,
    mailFrom: 'orders@example.com',
    ...(apiAccess && { apiAccess }),
  });
  return {
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
