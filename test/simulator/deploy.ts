import { z } from 'zod';
import type { Timing } from '../../functions/backoff.ts';
import { type CheckoutEvent, checkoutHandler } from '../../functions/checkout/checkout.ts';
import { collect } from '../../functions/dead-letters/collect.ts';
import { deadLetterStore } from '../../functions/dead-letters/store.ts';
import { withDeadline } from '../../functions/deadline.ts';
import { CALL_MS } from '../../functions/dynamodb.ts';
import { emailHandler } from '../../functions/email/email.ts';
import { SEND_DEADLINE_MS, sesSender } from '../../functions/email/ses.ts';
import type { ConsumerPorts, KafkaHandler } from '../../functions/kafka/consume.ts';
import { isReplay } from '../../functions/kafka/decode.ts';
import { kafkaPublisher } from '../../functions/kafka/producer.ts';
import { dynamoDbLedger } from '../../functions/ledger/ledger.ts';
import { describeError, type FunctionLogger, type LogFields } from '../../functions/logger.ts';
import { dynamoDbOrderStore } from '../../functions/outbox/order-store.ts';
import { dynamoDbOutbox, outboxPages } from '../../functions/relay/outbox.ts';
import { relayHandler, sweepHandler } from '../../functions/relay/relay.ts';
import { salesHandler } from '../../functions/sales/sales.ts';
import { dynamoDbSales } from '../../functions/sales/table.ts';
import { dynamoDbShipments } from '../../functions/shipping/shipments.ts';
import { shippingHandler } from '../../functions/shipping/shipping.ts';
import type { Mail } from '../checker/observation.ts';
import type { Chance } from '../support/chance.ts';
import { COLLECTOR, GROUPS, type Group, TABLES } from './account.ts';
import type { Defect } from './defects/known.ts';
import { faultyClient } from './dynamodb/client.ts';
import type { Database } from './dynamodb/tables.ts';
import type { FaultKind, Faults } from './faults.ts';
import type { History } from './history.ts';
import { type Cluster, producerClient, type Topic } from './kafka.ts';
import type { DeployedFunction, Handler } from './lambda.ts';
import { type MailPorts, mailClient } from './mail-provider.ts';
import type { Process } from './process.ts';
import type { Scenario } from './scenario.ts';
import type { Scheduler } from './scheduler.ts';

/** What the functions meet outside of themselves. */
export interface Surroundings {
  readonly clock: Scheduler;
  readonly random: Chance;
  readonly faults: Faults;
  readonly history: History;
  /** The database as a process writes to it. */
  readonly databaseFor: (process: Process) => Database;
  readonly deadly: Scenario['deadly'];
  readonly topic: Topic;
  readonly cluster: Cluster;
  readonly batchLimit: () => number;
  readonly mailed: (mail: Mail) => void;
}

/** The functions as lib/orders-stack.ts deploys them: production's modules, in one process each, over the twins. */
export function deployedFunctions(world: Surroundings, defect: Defect): DeployedFunction[] {
  return [
    {
      name: 'checkout',
      timeoutMs: 10_000,
      load: (process) => checkout(world, defect, process),
    },
    { name: 'relay', timeoutMs: 60_000, load: (process) => relay(world, defect, process) },
    {
      name: 'shipping',
      timeoutMs: 120_000,
      load: (process) => shipping(world, defect, process),
    },
    { name: 'sales', timeoutMs: 120_000, load: (process) => sales(world, defect, process) },
    { name: 'email', timeoutMs: 120_000, load: (process) => email(world, defect, process) },
    {
      name: COLLECTOR.functionName,
      timeoutMs: 120_000,
      load: (process) => collector(world, defect, process),
    },
  ];
}

function checkout(world: Surroundings, defect: Defect, process: Process): Handler {
  const { orderStore = unchanged } = defect;
  const client = dynamoDb(world, defect, process);
  const tables = { orders: TABLES.orders, outbox: TABLES.outbox };
  const handle = checkoutHandler({
    store: (signal) => orderStore(dynamoDbOrderStore(client, tables, signal)),
    waiting: waitingIn(world, process),
    logger: loggerOf(world, process),
    now: () => new Date(process.now()),
    randomBytes: world.random.bytes,
  });
  return (event, context) => handle(event as CheckoutEvent, context);
}

function relay(world: Surroundings, defect: Defect, process: Process): Handler {
  const { outbox = unchanged, publisher = unchanged } = defect;
  const client = dynamoDb(world, defect, process);
  const ports = {
    outbox: outbox(dynamoDbOutbox(client, TABLES.outbox, waitingIn(world, process))),
    publisher: publisher(
      kafkaPublisher(() => producerClient({ ...world, process }), process.now, process),
      process.now,
    ),
    topic: world.topic.name,
    timeout: process.timeout,
    logger: loggerOf(world, process),
  };
  const handle = relayHandler(ports);
  const sweep = sweepHandler({
    ...ports,
    pages: () => outboxPages(client, TABLES.outbox),
    clock: process.now,
  });
  return (event, context) =>
    isStreamEvent(event) ? handle(event, context) : sweep(() => context.getRemainingTimeInMillis());
}

function shipping(world: Surroundings, defect: Defect, process: Process): Handler {
  const { consumer = unchanged } = defect;
  const deployed = deployment(world, process, 'shipping deployed badly');
  const ship = consumer(
    deployed.handler(
      shippingHandler({
        ...consumerPorts(world, defect, process, 'shipping-service'),
        shipments: deployed.port(
          dynamoDbShipments(dynamoDb(world, defect, process), TABLES.shipments, waitingIn(world, process)),
        ),
      }),
    ),
  );
  if (!defect.together) return mortal(world, process, 'shipping-service', ship);
  const mail = email(world, defect, process);
  return async (event, context) => {
    await mail(event, context);
    return ship(event, context);
  };
}

function sales(world: Surroundings, defect: Defect, process: Process): Handler {
  const { consumer = unchanged } = defect;
  const deployed = deployment(world, process, 'sales deployed badly');
  const handle = consumer(
    deployed.handler(
      salesHandler({
        ...consumerPorts(world, defect, process, 'sales-service'),
        sales: deployed.port(dynamoDbSales(dynamoDb(world, defect, process), TABLES.sales, 'sales-service')),
      }),
    ),
  );
  return mortal(world, process, 'sales-service', handle);
}

function email(world: Surroundings, defect: Defect, process: Process): Handler {
  const { ledger = unchanged, consumer = unchanged } = defect;
  const { clock, random, faults, history } = world;
  const tried = (eventId: string, isAnswered: boolean) =>
    history.note({ what: 'mail tried', eventId, process: process.name, isAnswered });
  const deployed = deployment(world, process, 'email deployed badly');
  const out: MailPorts['out'] = (mail) => world.mailed({ ...mail, isReplayed: deployed.isReplaying() });
  const handle = consumer(
    deployed.handler(
      emailHandler({
        ...consumerPorts(world, defect, process, 'email-service'),
        ledger: deployed.port(
          ledger(
            dynamoDbLedger(
              dynamoDb(world, defect, process),
              TABLES.emailLedger,
              process.now,
              waitingIn(world, process),
            ),
          ),
        ),
        sendMail: sesSender(
          timely(
            mailClient({ process, clock, random, faults, tried, out }),
            SEND_DEADLINE_MS,
            process,
            defect,
          ),
          'orders@example.com',
          loggerOf(world, process),
        ),
        sendDeadlineMs: SEND_DEADLINE_MS,
      }),
    ),
  );
  return mortal(world, process, 'email-service', handle);
}

/**
 * The deployment that a process runs. A bad one throws at every use of its port, until the faults end; what a replay brings it
 * does right, since an operator is told that it doesn't and a letter is what he has asked for.
 */
function deployment({ faults }: Surroundings, process: Process, kind: FaultKind) {
  const isBad = faults.strikes(kind, process.name);
  let isReplayed = false;
  return {
    isReplaying: () => isReplayed,
    handler:
      (right: KafkaHandler): KafkaHandler =>
      (event, context) => {
        isReplayed = isReplay(event);
        return right(event, context);
      },
    port<Port extends object>(right: Port): Port {
      if (!isBad) return right;
      return new Proxy(right, {
        get(target, name, receiver) {
          if (!faults.isOver() && !isReplayed) throw new TypeError('x is not a function');
          return Reflect.get(target, name, receiver);
        },
      });
    },
  };
}

/** The bug that makes a consumer die of a record is mended when the faults end. */
function mortal(
  { deadly, faults, history, random }: Surroundings,
  process: Process,
  group: Group,
  handle: Handler,
) {
  return dyingOf(
    deadly,
    group,
    () => {
      if (faults.isOver()) return false;
      history.note({ what: 'fault', kind: `${GROUPS[group]} killed`, where: `${process.name}, by a record` });
      // As it reads the record, or at something that it does with it.
      if (random.hits(0.5)) process.kill();
      else process.doom(random.int(0, 2), process.kill);
      return process.isDead();
    },
    handle,
  );
}

function collector(world: Surroundings, defect: Defect, process: Process): Handler {
  const { deadLetters = unchanged } = defect;
  return collect({
    consumer: COLLECTOR.group,
    groups: new Map(Object.entries(GROUPS).map(([group, functionName]) => [functionName, group])),
    writeDeadLetter: deadLetters(deadLetterStore(dynamoDb(world, defect, process), TABLES.deadLetters)),
    logger: loggerOf(world, process),
    now: process.now,
  });
}

function consumerPorts(world: Surroundings, defect: Defect, process: Process, group: Group): ConsumerPorts {
  const { deadLetters = unchanged, oneOwner = false } = defect;
  let ids = 0;
  return {
    consumer: group,
    writeDeadLetter: deadLetters(deadLetterStore(dynamoDb(world, defect, process), TABLES.deadLetters)),
    logger: loggerOf(world, process),
    now: process.now,
    newId: () => (oneOwner ? process.name : `${process.name}/${++ids}`),
    waiting: waitingIn(world, process),
  };
}

function dynamoDb(world: Surroundings, defect: Defect, process: Process) {
  const { dynamoDb: changed = unchanged } = defect;
  const client = faultyClient({ ...world, process, database: world.databaseFor(process) });
  return changed(timely(client, CALL_MS, process, defect));
}

/** The twin of a client with production's own deadline around it. */
function timely<Client extends Parameters<typeof withDeadline>[0]>(
  client: Client,
  callMs: number,
  { timeout }: Process,
  { withoutDeadlines = false }: Defect,
): Client {
  return withoutDeadlines ? client : withDeadline(client, callMs, timeout);
}

function waitingIn({ random }: Surroundings, { sleep, timeout }: Process): Timing {
  return { sleep, random: random.float, timeout };
}

/** Places in the code tell a trace's reader nothing, and change. */
const withoutFrames = (name: string, value: unknown) => (name === 'at' ? undefined : value);

/** Keeps what would be printed. */
function loggerOf({ history }: Surroundings, { name }: Process): FunctionLogger {
  const log = (message: string, fields: LogFields = {}, error?: unknown) => {
    const described = error === undefined ? {} : { error: describeError(error) };
    history.note({
      what: 'logged',
      process: name,
      line: `${message} ${JSON.stringify({ ...fields, ...described }, withoutFrames)}`,
    });
  };
  return { info: log, warn: log, error: log, addContext: () => undefined, measure: () => undefined };
}

function isStreamEvent(event: unknown): event is Parameters<ReturnType<typeof relayHandler>>[0] {
  return typeof event === 'object' && event !== null && 'Records' in event;
}

const unchanged = <T>(part: T): T => part;

const kafkaEvent = z.object({
  records: z.record(z.string(), z.array(z.object({ value: z.string().nullish() }))),
});

/**
 * A consumer whose process dies of the placements of some shoppers: `strike` is told before it handles one, and answers
 * whether it is dead already.
 */
function dyingOf(deadly: Scenario['deadly'], group: Group, strike: () => boolean, handle: Handler): Handler {
  const names = deadly.flatMap((one) =>
    one.group === group ? [`"customerId":"customer-${one.shopper}"`] : [],
  );
  if (names.length === 0) return handle;
  return (event, context) => {
    const values = Object.values(kafkaEvent.parse(event).records)
      .flat()
      .map(({ value }) => Buffer.from(value ?? '', 'base64').toString());
    const isDeadly = (text: string) => text.includes('"lines":') && names.some((name) => text.includes(name));
    if (values.some(isDeadly) && strike()) return new Promise(() => undefined);
    return handle(event, context);
  };
}
