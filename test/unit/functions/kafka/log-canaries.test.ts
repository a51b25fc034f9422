import { afterEach, expect, it, vi } from 'vitest';
import { functionLogger } from '../../../../functions/logger.ts';
import type { EncodedEvent } from '../../../../functions/orders/wire.ts';
import { LAMBDA_CONTEXT, recordedConsumer } from '../../../support/consumer.ts';
import { emailOver, shippingOver } from '../../../support/consumers.ts';
import { kafkaEventOf } from '../../../support/kafka-event.ts';
import { anOrder, cancelledEvent, orderBody, placedEvent } from '../../../support/orders.ts';

const CANARIES = ['canary.mail@example.com', 'Canary Name', 'Canary Street 1', 'Canary Product'];
const [email, name, line1, product] = CANARIES;

afterEach(() => {
  vi.restoreAllMocks();
});

/** Everything that is printed until the test ends. */
function printed(): string[] {
  const lines: string[] = [];
  const keep = (chunk: unknown) => {
    lines.push(String(chunk));
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(keep);
  vi.spyOn(process.stderr, 'write').mockImplementation(keep);
  return lines;
}

const body = { ...orderBody(), email, shippingAddress: { ...orderBody().shippingAddress, name, line1 } };
const lines = [{ sku: 'TEA-1', name: product, quantity: 2, unitPrice: 450 }];
const order = anOrder('canary', { ...body, lines });

function withValue(event: EncodedEvent, change: (json: string) => string): EncodedEvent {
  return { ...event, value: Buffer.from(change(Buffer.from(event.value).toString('utf8'))) };
}

/** Every way to fail that has a customer's text at hand. */
const deliveries: EncodedEvent[][] = [
  [placedEvent(order), cancelledEvent(order)],
  [placedEvent(order), cancelledEvent(order)],
  [placedEvent(anOrder('canary', { ...body, lines: [...lines, ...lines] }))],
  [withValue(placedEvent(order), (json) => json.slice(0, -1))],
  [withValue(placedEvent(order), (json) => json.replace('"total":', '"total":"Canary Name",'))],
  [withValue(placedEvent(order), (json) => json.replace('canary.mail@example.com', 'Canary Name'))],
];

it.each([
  [
    'the mail provider',
    (ports: ReturnType<typeof recordedConsumer>['ports']) =>
      emailOver(ports, () => ({ sendMail: () => Promise.reject(new TypeError(CANARIES.join(' '))) })).handler,
  ],
  ['nothing in email', (ports: ReturnType<typeof recordedConsumer>['ports']) => emailOver(ports).handler],
  [
    'nothing in shipping',
    (ports: ReturnType<typeof recordedConsumer>['ports']) => shippingOver(ports).handler,
  ],
])('no log line says what a customer wrote, when %s throws', async (_name, handlerOver) => {
  const output = printed();
  for (const writable of [true, false]) {
    const consumer = recordedConsumer({ logger: functionLogger('test') });
    const writeDeadLetter = writable
      ? consumer.ports.writeDeadLetter
      : () => Promise.reject(new Error(CANARIES.join(' ')));
    const handler = handlerOver({ ...consumer.ports, writeDeadLetter });
    for (const events of deliveries) await handler(kafkaEventOf(events), LAMBDA_CONTEXT);
    for (const { error } of consumer.letters) expect(JSON.stringify(error)).not.toMatch(/canary/i);
  }
  const text = output.join('');
  expect(text).toContain('batch consumed');
  expect(text).toContain('record dead-lettered');
  expect(text).not.toMatch(/canary/i);
});
