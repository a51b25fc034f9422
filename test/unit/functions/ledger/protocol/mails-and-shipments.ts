import type { BatchWriteItemCommandInput } from '@aws-sdk/client-dynamodb';
import canonicalize from 'canonicalize';
import { deleteItems, executeStatements, type Item, type Table } from '../../../../../functions/dynamodb.ts';
import type { BatchEvent } from '../../../../../functions/kafka/fold.ts';
import { actOnce, MARK_MS } from '../../../../../functions/ledger/act-once.ts';
import {
  type Claim,
  type ClaimChange,
  dynamoDbLedger,
  LEDGER_KEY,
  type Ledger,
} from '../../../../../functions/ledger/ledger.ts';
import type { OrderEvent } from '../../../../../functions/orders/events.ts';
import {
  dynamoDbShipments,
  SHIPMENT_KEY,
  type Shipments,
} from '../../../../../functions/shipping/shipments.ts';
import { shippingEffect } from '../../../../../functions/shipping/shipping.ts';
import { clientWith } from '../../../../simulator/dynamodb/client.ts';
import { named, THROTTLED, timeout } from '../../../../simulator/dynamodb/errors.ts';
import { anOrder, orderBody, orderCancelled, orderPlaced } from '../../../../support/orders.ts';
import type { Fault, Mishap, Model } from './model.ts';
import {
  type Answer,
  type Call,
  onceOnly,
  type Ports,
  type Program,
  type Situation,
  situationsOf,
} from './program.ts';

/** In a model of leases, requests end by faults alone. */
const ENDLESS = new AbortController().signal;

/** Milliseconds that a send takes at most, as email has it. */
const SEND_MS = 7_000;

/** Mails under way at once. */
const IN_FLIGHT = 2;

const LEDGER = 'Ledger';

/** A ledger that breaks a rule: what of the right one it does otherwise. `table` is for requests of its own. */
type Mutant = (right: Ledger, table: Table, owner: string) => Partial<Ledger>;

export interface MailOptions {
  readonly deliveries: 1 | 2 | 3;
  /** Rounds that a delivery has at most. */
  readonly rounds: number;
  /** Mails of the batch. */
  readonly mails: number;
  readonly mutant: Mutant;
  /** Milliseconds that `actOnce` is told a send takes at most. */
  readonly deadlineMs: number;
  /** Whether time passes. */
  readonly clock: boolean;
  readonly slowAnswers: boolean;
}

/** Deliveries of one batch of mails, each by `actOnce`, over the ledger in its table. */
export function mailModel(options: Partial<MailOptions> = {}): Model {
  const { deliveries = 2, rounds = 2, mails = 1, mutant = () => ({}) } = options;
  const { deadlineMs = SEND_MS, clock = true, slowAnswers = false } = options;
  const keys = Array.from({ length: mails }, (_, n) => `mail-${n}`);
  const program =
    (id: string): Program =>
    async ({ send, act }, now) => {
      // Rows don't tell when they were written: else hardly a state would be like another.
      const [client, timing] = [clientWith(send), onceOnly()];
      const right = dynamoDbLedger(client, LEDGER, () => 0, timing);
      const ledger = { ...right, ...mutant(right, { client, name: LEDGER, key: LEDGER_KEY, timing }, id) };
      const effect = { keyOf: (key: string) => key, act, deadlineMs, inFlight: IN_FLIGHT };
      const actor = { id, isOver: () => false, signal: ENDLESS };
      const results = await actOnce(keys, effect, { ledger, now }, actor);
      const wantsAgain = ['held', 'failed', 'not-begun'];
      return [...results.values()].some(({ kind }) => wantsAgain.includes(kind)) ? 'again' : 'over';
    };
  const names = [...['A', 'B', 'C'].slice(0, deliveries), 'late'];
  return {
    programs: new Map(names.map((name) => [name, situationsOf(program(name))])),
    alike: true,
    rounds,
    slowAnswers,
    table: { name: LEDGER, schema: { hash: LEDGER_KEY } },
    effectOf: () => undefined,
    mishaps: (call) =>
      call.port === 'act' ? ACT_MISHAPS : mishapsOf(call, isMark(call) ? 'not marked' : 'any other'),
    crash: (situation, carriedOut) =>
      isUnmarked(situation, carriedOut) ? 'crash before the mark' : 'any other',
    freeze: (call) => (call.port === 'act' || isMark(call) ? 'frozen' : 'any other'),
    // What is asked of the ledger takes ten seconds at most; a mark half as long, since one may wait for another.
    limitMs: (call) => (call.port === 'act' ? SEND_MS : isMark(call) ? MARK_MS / 2 : 10_000),
    turningPoints: (items) => (clock ? [...items.values()].flatMap(turningPointsOf) : []),
    outcome: ({ items, made }) => {
      const isOpen = (key: string) => items.get(key)?.status?.S !== 'SENT';
      const open = keys.filter(isOpen).map((key) => `, ${key} not marked`);
      return `${keys.map((key) => made.get(key) ?? 0)}${open.join('')}`;
    },
  };
}

/** A batch that puts rows, rather than deletes them. */
const isMark = (call: Call) => call.name === 'BatchWriteItem' && keysOf(call)[0] !== undefined;

/** A mail went out in this round, and the ledger doesn't know. */
function isUnmarked({ heard }: Situation, carriedOut: Call | undefined): boolean {
  const done = heard.flatMap(({ call, answer }) => ('value' in answer ? [call] : []));
  if (carriedOut !== undefined) done.push(carriedOut);
  const marked = new Set(done.filter(isMark).flatMap(keysOf));
  return done.some((call) => call.port === 'act' && !marked.has(call.request));
}

function keysOf({ request }: Call): (string | undefined)[] {
  if (typeof request === 'string') return [request];
  const { RequestItems = {} }: Partial<BatchWriteItemCommandInput> = request.input;
  return Object.values(RequestItems)
    .flat()
    .map(({ PutRequest }) => PutRequest?.Item?.[LEDGER_KEY]?.S);
}

/** The last moments at which a send and its mark, and a send alone, would end within the lease; and its end. */
function turningPointsOf({ leaseUntil }: Item): number[] {
  if (leaseUntil === undefined) return [];
  const end = Number(leaseUntil.N);
  return [end - SEND_MS - MARK_MS, end - SEND_MS, end];
}

const thrown = (error: Error): Answer => ({ text: error.name, error });
const [THROTTLE, TIMEOUT] = [thrown(THROTTLED()), thrown(timeout())];
const FAILURE = thrown(Object.assign(named('InternalServerError', 'no'), { $fault: 'server' }));

/** What can go wrong with a request to the table, whether or not it is carried out; `lost` where it isn't. */
function mishapsOf({ name }: Call, lost: Fault): Mishap[] {
  const refused: Mishap = { text: 'is refused for now', fault: lost, happens: 'never', answer: THROTTLE };
  if (name === 'BatchGetItem') return [refused];
  const unheard = 'is carried out, and its answer is lost';
  return [
    refused,
    { text: unheard, fault: 'any other', happens: 'once', answer: TIMEOUT },
    { text: 'is given up, and may happen yet', fault: lost, happens: 'later', answer: TIMEOUT },
    // By the SDK itself: its caller hears of the second time alone.
    { text: 'is sent twice', fault: 'any other', happens: 'twice', answer: undefined },
  ];
}

const ACT_MISHAPS: Mishap[] = [
  { text: 'happens, and its answer is lost', fault: 'answer lost', happens: 'once', answer: TIMEOUT },
  {
    text: 'happens, and is answered with a failure',
    fault: 'answer untrue',
    happens: 'once',
    answer: FAILURE,
  },
  { text: 'is given up, and may happen yet', fault: 'answer lost', happens: 'later', answer: TIMEOUT },
  { text: 'does not happen, and is not answered', fault: 'any other', happens: 'never', answer: TIMEOUT },
  { text: 'is refused for now', fault: 'any other', happens: 'never', answer: FAILURE },
];

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

const SHIPMENTS = 'Shipments';

/** Deliveries of one order's events, each by shipping over its table; the late one brings all of them. */
export function shipmentModel(
  brought: readonly Brought[],
  mutant: (right: Shipments, table: Table) => Partial<Shipments> = () => ({}),
): Model {
  const all: Brought = brought.some((batch) => batch.includes('C')) ? 'PC' : 'P';
  const program =
    (batch: Brought): Program =>
    async ({ send }: Ports) => {
      const [client, timing] = [clientWith(send), onceOnly()];
      const right = dynamoDbShipments(client, SHIPMENTS, timing);
      const table = { client, name: SHIPMENTS, key: SHIPMENT_KEY, timing };
      const effect = shippingEffect({ ...right, ...mutant(right, table) });
      const invocation = { id: 'unused', isOver: () => false, signal: ENDLESS };
      const outcomes = await effect([{ orderId: order.orderId, events: eventsOf(batch) }], invocation);
      return [...outcomes.values()].some(({ kind }) => kind === 'retry') ? 'again' : 'over';
    };
  const batches = [...brought.map((batch, n) => ['ABC'[n] ?? '', batch] as const), ['late', all] as const];
  return {
    programs: new Map(batches.map(([name, batch]) => [name, situationsOf(program(batch))])),
    alike: new Set(brought).size === 1,
    rounds: 2,
    slowAnswers: true,
    table: { name: SHIPMENTS, schema: { hash: SHIPMENT_KEY } },
    // A label is printed where a shipment is given what it ships.
    effectOf: ({ name }, { before, after }) =>
      after?.fingerprint !== undefined && (before?.fingerprint === undefined || name === 'BatchWriteItem')
        ? 'label'
        : undefined,
    mishaps: (call) => mishapsOf(call, 'any other'),
    crash: () => 'any other',
    // There is no lease that could pass meanwhile.
    freeze: () => 'frozen',
    limitMs: () => 0,
    turningPoints: () => [],
    outcome: ({ items, made }) => `${made.get('label') ?? 0}, ${canonicalize([...items.values()])}`,
  };
}

function eventsOf(batch: Brought): [BatchEvent, ...BatchEvent[]] {
  const [first, ...others] = [...batch].flatMap((letter): BatchEvent[] => {
    const event = events[letter];
    return event === undefined ? [] : [{ event, copies: [{ ...record, key: null, value: null }] }];
  });
  if (first === undefined) throw new Error('a delivery brings something');
  return [first, ...others];
}

/** The right ledger but for these changes of claims, which are made as `change` says; undefined: as they should be. */
function replacing(
  change: (table: Table, ledger: Ledger, key: string, change: ClaimChange) => Promise<unknown> | undefined,
): Mutant {
  return (ledger, table) => ({
    async replace(changes, signal) {
      const right = new Map(changes);
      const results: [string, { kind: 'replaced' }][] = [];
      for (const [key, one] of changes) {
        const made = change(table, ledger, key, one);
        if (made === undefined) continue;
        await made;
        right.delete(key);
        results.push([key, { kind: 'replaced' }]);
      }
      return new Map([...results, ...(await ledger.replace(right, signal))]);
    },
  });
}

/** The protocol with one of its rules broken each, by name of what it does. */
export const mutants: Readonly<Record<string, Partial<MailOptions>>> = {
  'claims whatever stands there': {
    mutant: (ledger) => ({
      async insert(rows) {
        const failed = await ledger.put(rows);
        return new Map(
          [...rows.keys()].map((key) => {
            const error = failed.get(key);
            return [key, error === undefined ? { kind: 'inserted' } : { kind: 'failed', error }];
          }),
        );
      },
    }),
  },
  'takes over and gives back whatever stands there': {
    mutant: replacing((_table, ledger, key, { to }) => ledger.put(new Map([[key, to]]))),
  },
  'marks only while the claim is its own': {
    mutant: (_ledger, table, owner) => ({
      async put(marks) {
        const text = `UPDATE "${table.name}" SET "status" = ? WHERE "${LEDGER_KEY}" = ? AND "owner" = ?`;
        await executeStatements(
          table,
          [...marks.keys()].map((key) => ({
            key,
            text,
            parameters: [{ S: 'SENT' }, { S: key }, { S: owner }],
          })),
        );
        return new Map();
      },
    }),
  },
  'takes every lease for past': {
    mutant: (ledger) => {
      const found = new Map<string, Claim>();
      return {
        read: async (keys) =>
          new Map(
            [...(await ledger.read(keys))].map(([key, read]) => {
              if (read.kind !== 'found' || read.row.status !== 'CLAIMED') return [key, read];
              found.set(key, read.row);
              return [key, { kind: 'found', row: { ...read.row, leaseUntil: 0 } }];
            }),
          ),
        replace: (changes) =>
          ledger.replace(
            new Map(
              [...changes].map(([key, { from, to }]) => {
                const real = found.get(key);
                return [key, { from: real?.owner === from.owner ? real : from, to }];
              }),
            ),
          ),
      };
    },
  },
  'gives back by deleting what stands there': {
    mutant: replacing((table, _ledger, key, { to }) =>
      to.leaseUntil > 0 ? undefined : deleteItems(table, [{ [LEDGER_KEY]: { S: key } }]),
    ),
  },
  'gives back by settling': {
    mutant: replacing((_table, ledger, key, { to }) =>
      to.leaseUntil > 0 ? undefined : ledger.put(new Map([[key, { status: 'SENT' }]])),
    ),
  },
  'gives back what it should hold back': {
    mutant: replacing((_table, ledger, key, { from, to }) =>
      to.unanswered === 0 || to.owner !== 'nobody'
        ? undefined
        : ledger.replace(new Map([[key, { from, to: { ...to, leaseUntil: 0 } }]])),
    ),
  },
  'acts under its own old claim': {
    mutant: replacing((_table, _ledger, _key, { from, to }) =>
      to.owner === from.owner && to.leaseUntil > from.leaseUntil && from.leaseUntil > 0
        ? Promise.resolve()
        : undefined,
    ),
  },
  'leaves no time for the mark': { deadlineMs: SEND_MS - MARK_MS },
};
