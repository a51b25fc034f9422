import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { checkoutClient, signedApi } from '../../cli/order/checkout-client.ts';
import { sampleOrder } from '../../cli/order/sample-orders.ts';
import { EventId } from '../../functions/orders/ids.ts';
import { REGION } from '../../local/engines/engine.ts';
import { kafkaEvent, lambdaRecord } from '../support/kafka-event.ts';
import type { StackResource } from './standing.ts';

// biome-ignore lint/suspicious/noExplicitAny: rows as DynamoDB has them; what is not as expected ends the step.
type Item = Readonly<Record<string, any>>;

/**
 * Uses the deployed sandbox as far as the account can: signed requests to its API, the table's stream to the relay, and the
 * events that lie in the outbox handed to the consumers by invocation, since no broker and no pollers are there.
 */
export async function useApp(
  resources: readonly StackResource[],
  step: <T>(name: string, work: () => Promise<T>) => Promise<T>,
): Promise<void> {
  const { Stacks } = await new CloudFormationClient({}).send(
    new DescribeStacksCommand({ StackName: 'orderly-orders' }),
  );
  const outputs = new Map(
    Stacks?.[0]?.Outputs?.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]),
  );
  const output = (name: string) => outputs.get(name) ?? '';
  const rows = async (table: string): Promise<readonly Item[]> => {
    const found: Item[] = [];
    for await (const { Items = [] } of paginateScan(
      { client: new DynamoDBClient({}) },
      { TableName: output(table) },
    ))
      found.push(...Items);
    return found;
  };
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const checkout = checkoutClient(signedApi(output('ApiUrl'), { region: REGION, credentials }));

  await step('sandbox: the API refuses who has not signed', async () => {
    const { status } = await fetch(new URL('/orders', output('ApiUrl')), { method: 'POST', body: '{}' });
    if (status !== 403) throw new Error(`it answered ${status}`);
  });
  await step('sandbox: signed orders are placed, and one sent twice is one', async () => {
    const placed = await Promise.all([0, 1].map((n) => checkout.place(sampleOrder(n, 2), `order-${n}`)));
    const again = await checkout.place(sampleOrder(0, 2), 'order-0');
    if (again.created || again.orderId !== placed[0]?.orderId)
      throw new Error(`made twice: ${again.orderId}`);
    const orders = (await rows('OrdersTable')).map(({ orderId }) => orderId.S).sort();
    const ids = placed.map(({ orderId }) => orderId).sort();
    if (orders.join() !== ids.join())
      throw new Error(`in the table: ${orders.join()}, placed: ${ids.join()}`);
  });
  const events = await step('sandbox: their events wait in the outbox for a broker', async () => {
    const waiting = await rows('OutboxTable');
    if (waiting.length !== 2) throw new Error(`${waiting.length} rows`);
    return waiting.map(({ orderId, seq, key, value, headers }) => ({
      eventId: EventId.parse(`${orderId.S}.${seq.N}`),
      key: key.S as string,
      value: value.B as Uint8Array,
      headers: Object.fromEntries(headers.L.map(({ L: [name, text] }: Item) => [name.S, text.S])),
    }));
  });
  await step(
    'sandbox: email, shipping and sales take them, and write what they have done into their tables',
    async () => {
      const event = kafkaEvent(events.map((each, offset) => lambdaRecord(each, offset)));
      for (const consumer of ['EmailFunction', 'ShippingFunction', 'SalesFunction'])
        await invoke(consumer, event);
      for (const table of ['EmailLedgerTable', 'ShipmentsTable', 'SalesTable']) {
        // Of sales one an event; its sums beside them are as many as there are currencies.
        const effects = (await rows(table)).filter(({ orders }) => orders === undefined);
        if (effects.length !== 2) throw new Error(`${table} has ${effects.length} rows`);
      }
    },
  );

  async function invoke(function_: string, event: object): Promise<void> {
    const { physicalId } =
      resources.find(
        ({ type, logicalId }) => type === 'AWS::Lambda::Function' && logicalId.startsWith(function_),
      ) ?? {};
    const { FunctionError, Payload } = await new LambdaClient({}).send(
      new InvokeCommand({ FunctionName: physicalId, Payload: JSON.stringify(event) }),
    );
    const answer = Buffer.from(Payload ?? []).toString('utf8');
    if (FunctionError !== undefined || !/^\{"batchItemFailures": ?\[\]\}$/.test(answer))
      throw new Error(`${function_} answered ${FunctionError ?? ''} ${answer}`);
  }
}
