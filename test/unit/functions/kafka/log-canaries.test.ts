import { afterEach, expect, it, vi } from 'vitest';
import { functionLogger } from '../../../../functions/logger.ts';
import type { EncodedEvent } from '../../../../functions/orders/wire.ts';
import { email, type RecordedConsumer, recordedConsumer, shipping } from '../../../support/consumer.ts';
import { anOrder, cancelledEvent, orderBody, placedEvent } from '../../../support/orders.ts';

const CANARIES = ['canary.mail@example.com', 'Canary Name', 'Canary Street 1', 'Canary Product'];
const [address, name, line1, product] = CANARIES;

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

const body = {
  ...orderBody(),
  email: address,
  shippingAddress: { ...orderBody().shippingAddress, name, line1 },
};
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
    (recorded: RecordedConsumer) =>
      email({ recorded, provider: () => () => Promise.reject(new TypeError(CANARIES.join(' '))) }),
  ],
  ['nothing in email', (recorded: RecordedConsumer) => email({ recorded })],
  ['nothing in shipping', (recorded: RecordedConsumer) => shipping({ recorded })],
])('no log line says what a customer wrote, when %s throws', async (_name, over) => {
  const output = printed();
  const notWritten = { writeDeadLetter: () => Promise.reject(new Error(CANARIES.join(' '))) };
  for (const overrides of [{}, notWritten]) {
    const { deliver, letters } = over(recordedConsumer({ logger: functionLogger('test'), ...overrides }));
    for (const events of deliveries) await deliver(...events);
    for (const { error } of letters) expect(JSON.stringify(error)).not.toMatch(/canary/i);
  }
  const text = output.join('');
  expect(text).toContain('batch consumed');
  expect(text).toContain('record dead-lettered');
  expect(text).not.toMatch(/canary/i);
});
