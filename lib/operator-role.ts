import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { acknowledge, acknowledgeWildcard } from './acknowledge.ts';
import type { KafkaConsumer } from './kafka.ts';
import type { Tables } from './tables.ts';

export interface OperatorRoleProps {
  readonly tables: Tables;
  /** Whose records are replayed, and whose mappings are switched. */
  readonly consumers: readonly KafkaConsumer[];
  /** ARN of the event source mapping that wakes the relay: it is switched as the consumers' are. */
  readonly relayMappingArn: string;
  /** Run by hand for a day that it has failed for. */
  readonly manifest: lambda.IFunction;
}

/**
 * Who operates the system: what `orderly status`, `mapping`, `dead-letters`, `republish` and `label` do on AWS, a manifest
 * written by hand (docs/runbooks.md), and nothing else. It reads no customer's data but what lies in orders, dead letters and
 * the one shipment that it makes a label of. docs/deploying.md has every command and its rights; a test holds the two
 * together. `order`, `smoke` and `verify` are not an operator's: they place orders.
 *
 * Whoever in the account may assume roles can assume it; who that is, is the account's own decision.
 */
export class OperatorRole extends Construct {
  readonly role: iam.Role;

  constructor(scope: Construct, id: string, props: OperatorRoleProps) {
    super(scope, id);
    const { tables, consumers, relayMappingArn, manifest } = props;
    this.role = new iam.Role(this, 'Role', {
      description:
        'orderly: replay dead letters, switch mappings, publish orders again, print labels, read sales',
      assumedBy: new iam.AccountRootPrincipal(),
    });

    // dead-letters: the letters and the audit of who did what, in one table; replays go straight to the consumer.
    this.#onTable(tables.deadLetters, ['GetItem', 'PutItem', 'Query', 'Scan', 'UpdateItem']);
    this.#allow(
      ['lambda:InvokeFunction'],
      consumers.map(({ function: { functionArn } }) => functionArn),
    );
    // status, dead-letters and mapping: who is behind a group. The action knows no resource.
    this.#allow(['lambda:ListEventSourceMappings'], ['*']);
    // mapping
    this.#allow(
      ['lambda:GetEventSourceMapping', 'lambda:UpdateEventSourceMapping'],
      [...consumers.map(({ mapping }) => mapping.eventSourceMappingArn), relayMappingArn],
    );
    // republish: an order keeps its events; a row that is there already stays as it is.
    this.#onTable(tables.orders, ['BatchGetItem', 'Scan']);
    this.#onTable(tables.outbox, ['PutItem']);
    // label: one shipment, by its order.
    this.#onTable(tables.shipments, ['GetItem']);
    // sales: the sums, which name nobody.
    this.#onTable(tables.sales, ['Query']);
    this.#allow(['lambda:InvokeFunction'], [manifest.functionArn]);
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
