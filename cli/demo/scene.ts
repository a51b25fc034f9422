import { setTimeout as delay } from 'node:timers/promises';
import { outputNamed } from '../../local/cli/app.ts';
import { sentMails } from '../../local/cli/mailbox.ts';
import type { LocalCloud } from '../../local/cloud.ts';
import type { Engine } from '../../local/engines/engine.ts';
import { LocalCloudError } from '../../local/errors.ts';
import { type CheckoutClient, checkoutClient, openApi, type Placed } from '../order/checkout-client.ts';
import { type TablesWitness, tablesWitness } from './tables.ts';
import { type TopicWitness, topicWitness } from './topic.ts';
import type { MailObservation, Seen } from './verdict.ts';

/** Everything the demo acts on and looks at: the API, and the tables and the topic with clients of its own. */
export interface Scene {
  /** When nothing has moved for so many milliseconds, what isn't there will not come. */
  readonly stalledMs: number;
  readonly checkout: CheckoutClient;
  readonly tables: TablesWitness;
  readonly topic: TopicWitness;
  /** The topic's consumer groups. */
  readonly groups: readonly string[];
  /** Mails that somebody had sent before. */
  readonly mailsBefore: number;
  /** Names of the tables. */
  readonly names: TableNames;
  close(): Promise<void>;
}

interface TableNames {
  readonly orders: string;
  readonly outbox: string;
  readonly shipments: string;
  readonly emailLedger: string;
  readonly sales: string;
  readonly deadLetters: string;
}

/** Opens the scene of a running cloud; tables are found by the outputs of the app's stacks. */
export async function openScene(cloud: LocalCloud, stalledMs: number): Promise<Scene> {
  const names = tableNames(cloud);
  const { topic: topicName, groups } = consumedTopic(cloud);
  const checkout = checkoutClient(openApi(apiOf(cloud)));
  const tables = tablesWitness(cloud.engine.awsEndpoint, cloud.engine.region);
  const mailsBefore = (await sentMails(cloud.engine.awsEndpoint, cloud.engine.account)).length;
  const topic = await topicWitness(cloud.engine.bootstrapServers, topicName);
  return {
    stalledMs,
    checkout,
    tables,
    topic,
    groups,
    mailsBefore,
    names,
    async close() {
      tables.close();
      await topic.close();
    },
  };
}

function tableNames({ model }: LocalCloud): TableNames {
  const output = (name: string) => outputNamed(model.outputs, name);
  return {
    orders: output('OrdersTable'),
    outbox: output('OutboxTable'),
    shipments: output('ShipmentsTable'),
    emailLedger: output('EmailLedgerTable'),
    sales: output('SalesTable'),
    deadLetters: output('DeadLettersTable'),
  };
}

/** The topic that is read by most groups. */
function consumedTopic({ model }: LocalCloud): { topic: string; groups: readonly string[] } {
  const groups = new Map<string, string[]>();
  for (const mapping of model.mappings) {
    if (mapping.kind === 'kafka')
      groups.set(mapping.topic, [...(groups.get(mapping.topic) ?? []), mapping.groupId]);
  }
  const [most] = [...groups].sort(([, a], [, b]) => b.length - a.length);
  if (most === undefined) throw notThisApp('the app consumes no topic');
  return { topic: most[0], groups: most[1] };
}

function apiOf({ apis }: LocalCloud): string {
  const [api] = apis;
  if (api === undefined) throw notThisApp('the app has no HTTP API');
  return api.url;
}

function notThisApp(message: string): LocalCloudError {
  return new LocalCloudError('CONFIG_INVALID', message, {
    remedy: ['The demo counts the effects of this project’s order system; run it on its own assembly.'],
  });
}

const ORDER_ID = /ord_[0-9a-z]{26}/;

/** Counts the mails of the mail store by order, judged by their subjects as a customer would, without the first `before`. */
export async function observeMails(
  { awsEndpoint, account }: Pick<Engine, 'awsEndpoint' | 'account'>,
  before: number,
): Promise<MailObservation> {
  const thankYou = new Map<string, number>();
  const cancellation = new Map<string, number>();
  let unknown = 0;
  for (const { Subject: subject } of (await sentMails(awsEndpoint, account)).slice(before)) {
    const orderId = ORDER_ID.exec(subject)?.[0];
    const kind = /thank you/i.test(subject) ? thankYou : /cancel/i.test(subject) ? cancellation : undefined;
    if (orderId === undefined || kind === undefined) unknown++;
    else kind.set(orderId, (kind.get(orderId) ?? 0) + 1);
  }
  return { thankYou, cancellation, unknown };
}

/** What the app has made of the orders so far. */
export async function observe(
  { tables, names, topic, mailsBefore }: Scene,
  { engine }: LocalCloud,
): Promise<Omit<Seen, 'created'>> {
  return {
    orders: await tables.statuses(names.orders),
    outboxRows: await tables.rows(names.outbox),
    topic: await topic.observe(),
    mails: await observeMails(engine, mailsBefore),
    shipments: await tables.statuses(names.shipments),
    sales: await tables.sales(names.sales),
  };
}

const POLL_MS = 50;

/** Milliseconds from the answer to the shipment's row; undefined if there is none by the time that timing ends. */
export async function untilShipped(
  { tables, names }: Scene,
  { orderId, answeredAt }: Placed,
  timing: AbortSignal,
): Promise<number | undefined> {
  while (!timing.aborted) {
    if (await tables.hasOrder(names.shipments, orderId)) return Date.now() - answeredAt;
    await delay(POLL_MS);
  }
  return undefined;
}

/** Waits until the ledger of mails has the orders' thank-yous as sent. */
export async function mailsAreOut(
  { tables, names, stalledMs }: Scene,
  orderIds: readonly string[],
): Promise<void> {
  const keys = orderIds.map((orderId) => `email-service#${orderId}.1`);
  const sent = () => tables.withStatus(names.emailLedger, 'eventKey', keys, 'SENT');
  await untilNone(async () => keys.length - (await sent()), stalledMs);
}

/** Waits until the outbox is empty and every group has committed up to the end of the topic. */
export async function quiet({ tables, names, topic, groups, stalledMs }: Scene): Promise<void> {
  await untilNone(async () => (await tables.rows(names.outbox)) + (await topic.lag(groups)), stalledMs);
}

/** Waits until nothing is left, or nothing moves any more: what is missing then is for the count to say. */
export async function untilNone(left: () => Promise<number>, stalledMs: number): Promise<void> {
  let [last, movedAt] = [Number.NaN, Date.now()];
  while (Date.now() - movedAt < stalledMs) {
    const now = await left();
    if (now === 0) return;
    if (now !== last) [last, movedAt] = [now, Date.now()];
    await delay(POLL_MS);
  }
}
