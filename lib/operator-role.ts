import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledge, acknowledgeWildcard } from './acknowledge.ts';
import type { KafkaConsumer } from './kafka-consumer.ts';
import type { Tables } from './tables.ts';

export interface OperatorRoleProps {
  readonly tables: Tables;
  /** Whose records are replayed, and whose mappings are switched. */
  readonly consumers: readonly KafkaConsumer[];
}

/**
 * Who operates the system: what `orderly dead-letters`, `mapping` and `republish` do on AWS, and nothing else. It reads no
 * customer's data but what lies in orders and dead letters.
 *
 * Whoever in the account may assume roles can assume it; who that is, is the account's own decision.
 */
export class OperatorRole extends Construct {
  readonly role: iam.Role;

  constructor(scope: Construct, id: string, { tables, consumers }: OperatorRoleProps) {
    super(scope, id);
    this.role = new iam.Role(this, 'Role', {
      description: 'orderly: replay dead letters, switch mappings, publish orders again',
      assumedBy: new iam.AccountRootPrincipal(),
    });

    // dead-letters: the letters and the audit of who did what, in one table; replays go straight to the consumer.
    this.#onTable(tables.deadLetters, ['GetItem', 'PutItem', 'Query', 'Scan', 'UpdateItem']);
    this.#allow(
      ['lambda:InvokeFunction'],
      consumers.map(({ function: { functionArn } }) => functionArn),
    );
    // dead-letters and mapping: who is behind a group. The action knows no resource.
    this.#allow(['lambda:ListEventSourceMappings'], ['*']);
    // mapping
    this.#allow(
      ['lambda:GetEventSourceMapping', 'lambda:UpdateEventSourceMapping'],
      consumers.map(({ mapping }) => mapping.eventSourceMappingArn),
    );
    // republish: an order keeps its events; a row that is there already stays as it is.
    this.#onTable(tables.orders, ['BatchGetItem', 'Scan']);
    this.#onTable(tables.outbox, ['PutItem']);
    acknowledge(
      this.role,
      'IAM5[Resource::*]',
      'Lambda knows no resource for ListEventSourceMappings: it reads which function is behind a group, and changes nothing',
    );
    // --stack: where all that is.
    this.#allow(['cloudformation:DescribeStacks', 'cloudformation:ListStackResources'], [this.#stackArn()]);
    acknowledgeWildcard(
      this.role,
      this.#stackArn(),
      'the id at the end of a stack’s ARN is another one with each creation, and who names the stack does not know it',
    );
  }

  #onTable({ tableArn }: TableV2, actions: readonly string[]): void {
    this.#allow(
      actions.map((action) => `dynamodb:${action}`),
      [tableArn],
    );
  }

  #allow(actions: readonly string[], resources: readonly string[]): void {
    this.role.addToPolicy(new iam.PolicyStatement({ actions: [...actions], resources: [...resources] }));
  }

  /** A stack's ARN ends in an id that a caller who knows its name doesn't know. */
  #stackArn(): string {
    const stack = Stack.of(this);
    return stack.formatArn({
      service: 'cloudformation',
      resource: 'stack',
      resourceName: `${stack.stackName}/*`,
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    });
  }
}
