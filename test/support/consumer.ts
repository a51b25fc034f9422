import type { Context } from 'aws-lambda';
import type { DeadLetter } from '../../functions/dead-letters/letter.ts';
import { emailHandler } from '../../functions/email/email.ts';
import type { Mail, SendMail } from '../../functions/email/mails.ts';
import { SEND_DEADLINE_MS } from '../../functions/email/ses.ts';
import type { ConsumerPorts, KafkaHandler } from '../../functions/kafka/consume.ts';
import { dynamoDbLedger, LEDGER_KEY, type Ledger, rowOf } from '../../functions/ledger/ledger.ts';
import type { LogFields, Measures } from '../../functions/logger.ts';
import type { EncodedEvent } from '../../functions/orders/wire.ts';
import { dynamoDbShipments, SHIPMENT_KEY } from '../../functions/shipping/shipments.ts';
import { shippingHandler } from '../../functions/shipping/shipping.ts';
import { type Fate, type SentRequest, simulatedDynamoDb } from '../simulator/dynamodb/client.ts';
import { kafkaEventOf } from './kafka-event.ts';

/** The parts of a Lambda context that a consumer looks at. */
export const LAMBDA_CONTEXT = {
  awsRequestId: 'request-1',
  functionName: 'consumer',
  getRemainingTimeInMillis: () => 120_000,
} as Context;

export interface RecordedConsumer {
  readonly ports: ConsumerPorts;
  /** The time, in epoch milliseconds: only waiting makes it pass. */
  readonly clock: { now: number };
  /** How long the consumer has waited, in milliseconds. */
  readonly waits: number[];
  readonly letters: DeadLetter[];
  readonly measured: { readonly measures: Measures; readonly reason: string | undefined }[];
  readonly lines: { readonly message: string; readonly fields: LogFields | undefined }[];
}

/** What a consumer needs beside its effect, kept in memory. Waits pass at once, and are as long as they may be. */
export function recordedConsumer(overrides: Partial<ConsumerPorts> = {}): RecordedConsumer {
  const letters: DeadLetter[] = [];
  const lines: RecordedConsumer['lines'] = [];
  const measured: RecordedConsumer['measured'] = [];
  const clock = { now: Date.parse('2026-03-01T12:00:00.000Z') };
  const waits: number[] = [];
  const timeouts: { readonly at: number; readonly controller: AbortController }[] = [];
  let ids = 0;
  const log = (message: string, fields?: LogFields) => {
    lines.push({ message, fields });
  };
  return {
    letters,
    lines,
    measured,
    clock,
    waits,
    ports: {
      consumer: 'test-service',
      writeDeadLetter: async (letter) => {
        letters.push(letter);
      },
      logger: {
        info: log,
        warn: log,
        error: log,
        addContext: () => undefined,
        measure: (measures, reason) => void measured.push({ measures, reason }),
      },
      now: () => clock.now,
      newId: () => `invocation-${++ids}`,
      waiting: {
        random: () => 1,
        sleep: async (ms) => {
          waits.push(ms);
          clock.now += ms;
          for (const { at, controller } of timeouts) if (at <= clock.now) controller.abort();
        },
        timeout(ms) {
          const controller = new AbortController();
          timeouts.push({ at: clock.now + ms, controller });
          return controller.signal;
        },
      },
      ...overrides,
    },
  };
}

/** A consumer under test, to which batches are delivered. */
export interface Delivered extends RecordedConsumer {
  readonly handler: KafkaHandler;
  /** Delivers Lambda's event; answers the offsets that are to be delivered again. */
  handle(event: object): Promise<number[]>;
  /** The same, for these events as one batch of partition 0, from offset 0. */
  deliver(...events: readonly EncodedEvent[]): Promise<number[]>;
  /** How the last batch was counted. */
  counts(): LogFields | undefined;
}

/** The consumer that `handlerOf` makes of these ports. */
export function consumer(
  handlerOf: (ports: ConsumerPorts) => KafkaHandler,
  recorded: RecordedConsumer = recordedConsumer(),
): Delivered {
  const handler = handlerOf(recorded.ports);
  const handle: Delivered['handle'] = async (event) => {
    const { batchItemFailures } = await handler(event, LAMBDA_CONTEXT);
    return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier.offset);
  };
  return {
    ...recorded,
    handler,
    handle,
    deliver: (...events) => handle(kafkaEventOf(events)),
    counts: () => recorded.lines.findLast(({ message }) => message === 'batch consumed')?.fields,
  };
}

/** Shipping as it is deployed, over the simulated DynamoDB. */
export function shipping({ recorded }: { readonly recorded?: RecordedConsumer } = {}) {
  const { client, tables, requests } = simulatedDynamoDb({ tables: { Shipments: { hash: SHIPMENT_KEY } } });
  const handlerOf = (ports: ConsumerPorts) =>
    shippingHandler({ ...ports, shipments: dynamoDbShipments(client, 'Shipments', ports.waiting) });
  const delivered = consumer(handlerOf, recorded);
  return { ...delivered, requests, effects: () => tables.Shipments.items.size };
}

/** What befalls a request to the table of a ledger. */
export type LedgerFate = (request: SentRequest) => Fate | undefined;

/** A ledger over the simulated DynamoDB, by the clock of these ports. */
export function simulatedLedger({ now, waiting }: Pick<ConsumerPorts, 'now' | 'waiting'>, fate?: LedgerFate) {
  const { client, tables, requests } = simulatedDynamoDb({
    tables: { Ledger: { hash: LEDGER_KEY } },
    ...(fate && { fate }),
  });
  /** What stands in the table, by key. */
  const rows = () => new Map([...tables.Ledger.items].map(([key, item]) => [key, rowOf(item)]));
  return { ledger: dynamoDbLedger(client, 'Ledger', now, waiting), rows, requests };
}

/** Email as it is deployed, over the simulated DynamoDB and a provider that keeps what it gets. */
export function email({
  provider = (right) => right,
  fate,
  change = (right) => right,
  recorded = recordedConsumer(),
}: {
  /** The provider in place of the right one. */
  readonly provider?: (right: SendMail) => SendMail;
  readonly fate?: LedgerFate;
  /** The ledger in place of the right one. */
  readonly change?: (right: Ledger) => Ledger;
  readonly recorded?: RecordedConsumer;
} = {}) {
  const sent: Mail[] = [];
  const keep: SendMail = async (mail) => {
    sent.push(mail);
    return undefined;
  };
  const { ledger, rows, requests } = simulatedLedger(recorded.ports, fate);
  const mailing = { ledger: change(ledger), sendMail: provider(keep), sendDeadlineMs: SEND_DEADLINE_MS };
  const delivered = consumer((ports) => emailHandler({ ...ports, ...mailing }), recorded);
  return { ...delivered, ledger, rows, requests, sent, effects: () => sent.length };
}
