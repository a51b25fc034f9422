import canonicalize from 'canonicalize';
import { type Item, StatementError } from '../../../../../functions/dynamodb.ts';
import type { BatchEvent } from '../../../../../functions/kafka/fold.ts';
import type { OrderEvent } from '../../../../../functions/orders/events.ts';
import type { Shipments } from '../../../../../functions/shipping/shipments.ts';
import { shippingEffect } from '../../../../../functions/shipping/shipping.ts';
import { inMemoryShipments } from '../../../../support/in-memory-shipments.ts';
import { anOrder, orderBody, orderCancelled, orderPlaced } from '../../../../support/orders.ts';
import { type Answer, type Call, type Program, situationsOf } from './program.ts';
import type { Mishap, Model } from './state.ts';

/** The shipments, and how often one was given what it ships: a label printed. */
export interface ShipmentWorld {
  readonly items: Map<string, Item>;
  readonly labels: { count: number };
}

const PORTS = ['insert', 'read', 'cancel', 'complete'] as const;

const order = anOrder('protocol');
const body = orderBody();
const otherOrder = anOrder('protocol', {
  ...body,
  lines: body.lines.map((line) => ({ ...line, quantity: 7 })),
});
const record = { topicPartition: 'o-0', topic: 'o', partition: 0, offset: 0, timestamp: 0, headers: [] };
const events: Readonly<Record<string, OrderEvent>> = {
  P: orderPlaced(order),
  Q: orderPlaced(otherOrder),
  C: orderCancelled(order),
};

/** What a delivery brings of an order: placed, cancelled, or both in either order; Q: placed with other content. */
type Brought = 'P' | 'C' | 'PC' | 'CP' | 'Q';

/** Deliveries of one order's events; the late one brings all of them. */
export function shipmentModel(
  brought: readonly Brought[],
  twin: Model<Shipments, ShipmentWorld>['twin'] = shipmentTwin,
): Model<Shipments, ShipmentWorld> {
  const names = ['A', 'B', 'C'].slice(0, brought.length);
  const all: Brought = brought.some((batch) => batch.includes('C')) ? 'PC' : 'P';
  return {
    deliveries: names,
    alike: new Set(brought).size === 1,
    rounds: 2,
    slowAnswers: true,
    programs: new Map(
      [...names.map((name, index) => [name, brought[index] ?? all] as const), ['late', all] as const].map(
        ([name, batch]) => [name, situationsOf(shipmentProgram(batch), PORTS)],
      ),
    ),
    start: { items: new Map(), labels: { count: 0 } },
    copy: ({ items, labels }) => ({ items: new Map(items), labels: { ...labels } }),
    twin,
    mishaps: mishapsOf,
    crash: () => 'any other',
    // There is no lease that could pass meanwhile.
    freeze: () => 'frozen',
    limitMs: () => 0,
    turningPoints: () => [],
    outcome: ({ items, labels }) => `${labels.count}, ${canonicalize([...items.values()])}`,
  };
}

function shipmentProgram(batch: Brought): Program<Shipments> {
  const [first, ...others] = [...batch].flatMap((letter): BatchEvent[] => {
    const event = events[letter];
    return event === undefined ? [] : [{ event, copies: [{ ...record, key: null, value: null }] }];
  });
  if (first === undefined) throw new Error('a delivery brings something');
  return async (ports) => {
    const effect = shippingEffect({ ...ports, ...unlessEmpty(ports) });
    const invocation = { id: 'unused', isOver: () => false, signal: new AbortController().signal };
    const outcomes = await effect([{ orderId: order.orderId, events: [first, ...others] }], invocation);
    return [...outcomes.values()].some(({ kind }) => kind === 'retry') ? 'again' : 'over';
  };
}

/** A table isn't asked for nothing. */
function unlessEmpty({ insert, read }: Shipments): Pick<Shipments, 'insert' | 'read'> {
  return {
    insert: async (items) => (items.length === 0 ? new Map() : insert(items)),
    read: async (keys) => (keys.length === 0 ? new Map() : read(keys)),
  };
}

/** Shipments in memory, with every label that they get counted. */
export const shipmentTwin: Model<Shipments, ShipmentWorld>['twin'] = ({ items, labels }) => {
  const shipments = inMemoryShipments(items);
  const printed = (id: string) => items.get(id)?.fingerprint !== undefined;
  return {
    ...shipments,
    insert: async (added) => {
      const inserted = await shipments.insert(added);
      labels.count += [...inserted.values()].filter(({ kind }) => kind === 'inserted').length;
      return inserted;
    },
    complete: async (placement) => {
      const before = printed(placement.orderId);
      const completed = await shipments.complete(placement);
      if (!before && printed(placement.orderId)) labels.count += 1;
      return completed;
    },
  };
};

/** What can go wrong with a request, whether or not it is carried out. */
function mishapsOf({ port, request }: Call<Shipments>): Mishap[] {
  const [refused, unanswered] = ['ThrottlingError', 'TimeoutError'].map((code) =>
    failed(port, request, code),
  );
  const mishaps: Mishap[] = [
    { text: 'is refused for now', fault: 'any other', happens: 'never', answer: refused },
    {
      text: 'is carried out, and its answer is lost',
      fault: 'any other',
      happens: 'once',
      answer: unanswered,
    },
    { text: 'is given up, and may happen yet', fault: 'any other', happens: 'later', answer: unanswered },
    { text: 'is sent twice', fault: 'any other', happens: 'twice', answer: undefined },
  ];
  return port === 'read' ? mishaps.slice(0, 1) : mishaps;
}

function failed(port: string, request: unknown, code: string): Answer {
  const error = new StatementError(code, 'injected', { retriable: true });
  if (!Array.isArray(request)) return { text: code, error };
  const keys = request.map((one) => (port === 'insert' ? order.orderId : one));
  return { text: code, value: new Map(keys.map((key) => [key, { kind: 'failed', error }])) };
}
