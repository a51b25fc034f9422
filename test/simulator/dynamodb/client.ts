/**
 * Clients of a DynamoDB in memory, for production's adapters to take in place of the SDK's: `simulatedDynamoDb` for tests of one
 * part, `faultyClient` for a whole simulated world.
 */
import {
  type BatchExecuteStatementCommandInput,
  DynamoDBClient,
  TransactWriteItemsCommand,
  type TransactWriteItemsCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { Chance } from '../../support/chance.ts';
import type { Faults } from '../faults.ts';
import type { Process } from '../process.ts';
import type { Scheduler } from '../scheduler.ts';
import { CALM, type Command, execute, type StatementFault, type Whims } from './commands.ts';
import { aborted, conflictOn, cutAnswer, named, outage, THROTTLED, throttle, timeout } from './errors.ts';
import { type Database, database, type KeySchema, type Table, table } from './tables.ts';

/** An SDK client whose requests are carried out by `send`. */
export function clientWith(
  send: (command: Command, options?: { readonly abortSignal?: AbortSignal }) => Promise<object>,
): DynamoDBClient {
  return Object.create(DynamoDBClient.prototype, {
    send: { value: send, writable: true, configurable: true },
  });
}

/**
 * What befalls a request, as the code behind the SDK's own attempts sees it.
 *
 * - `throttled`, `failed`: not carried out, and DynamoDB says so.
 * - `request lost`: not carried out; the sender's timeout.
 * - `answer lost`: carried out; the sender's timeout.
 * - `answer cut`: carried out; the connection breaks in the midst of the answer.
 * - `answer stalled`: carried out; nothing comes until the sender ends it by its signal, and without one never.
 */
export type Fate =
  | 'throttled'
  | 'failed'
  | 'request lost'
  | 'answer lost'
  | 'answer cut'
  | 'answer stalled'
  /** A batch without these keys, which DynamoDB leaves undone (`hash`, or `hash|range`). */
  | { readonly leaves: (key: string) => boolean };

/** A request about to be carried out. */
export interface SentRequest {
  /** As `UpdateItem`. */
  readonly name: string;
  /** The table; those of a transaction or a batch with commas between. */
  readonly table: string;
  /** As the SDK has it. */
  readonly input: object;
}

export interface SimulatedDynamoDb<Name extends string> {
  /** For production's adapters; also for a test's own requests. */
  readonly client: DynamoDBClient;
  /** For a test to look into and to prepare, without requests: `get`, `write` and `items`. */
  readonly tables: Readonly<Record<Name, Table>>;
  /** All requests so far, in order; one whose fate was a fault as well. */
  readonly requests: readonly SentRequest[];
}

/**
 * A DynamoDB in memory: real tables, conditions, transactions, batches and indexes, real exceptions, one copy that every read sees.
 * It answers in the next microtask and no time passes in it. `test/integration/simulator/dynamodb-twin.test.ts` holds it to two engines;
 * a request that it doesn't know is refused by name.
 *
 *     const { client, tables } = simulatedDynamoDb({ tables: { EmailLedger: { hash: 'eventKey' } } });
 *     const ledger = dynamoDbLedger(client, 'EmailLedger', now);
 *
 * `fate` is asked before each request is carried out, so a test may also use it to let something happen in between; undefined: nothing
 * befalls it. `isIndexed` says which items an index, which lags behind, knows of already; all of them by default.
 */
export function simulatedDynamoDb<Name extends string>({
  tables: schemas,
  fate: fateOf = () => undefined,
  isIndexed = () => true,
}: {
  readonly tables: Readonly<Record<Name, KeySchema>>;
  readonly fate?: (request: SentRequest) => Fate | undefined;
  readonly isIndexed?: Whims['indexes'];
}): SimulatedDynamoDb<Name> {
  const made = Object.entries<KeySchema>(schemas).map(([name, schema]) => table(name, schema));
  const tables = Object.fromEntries(made.map((one) => [one.name, one])) as Record<Name, Table>;
  const all = database(made);
  const requests: SentRequest[] = [];
  const client = clientWith(async (command, { abortSignal } = {}) => {
    // As the SDK: what is aborted already is not sent.
    if (abortSignal?.aborted) throw aborted();
    const request = { name: nameOf(command), table: tableOf(command.input), input: command.input };
    requests.push(request);
    const fate = fateOf(request);
    const whims = { ...CALM, indexes: isIndexed };
    switch (fate) {
      case undefined:
        return execute(all, command, whims);
      case 'throttled':
        throw THROTTLED();
      case 'failed':
        throw named('InternalServerError', 'Internal server error');
      case 'request lost':
        throw timeout();
      case 'answer lost':
        outcomeOf(() => execute(all, command, whims));
        throw timeout();
      case 'answer cut':
        outcomeOf(() => execute(all, command, whims));
        throw named('Error', 'aborted', 'ECONNRESET');
      case 'answer stalled':
        outcomeOf(() => execute(all, command, whims));
        return new Promise((_, reject) => {
          abortSignal?.addEventListener('abort', () => reject(aborted()), { once: true });
        });
      default: {
        const { leaves } = fate;
        const statement = (key: string): StatementFault | undefined =>
          leaves(key) ? { code: 'ThrottlingError', applied: false } : undefined;
        return execute(all, command, { ...whims, leaves, statement });
      }
    }
  });
  return { client, tables, requests };
}

export interface ClientPorts {
  readonly database: Database;
  readonly process: Process;
  readonly clock: Scheduler;
  readonly random: Chance;
  readonly faults: Faults;
}

/** As functions/dynamodb.ts sets up the SDK: three attempts of at most three seconds. */
const ATTEMPTS = 3;
const TIMEOUT_MS = 3_000;
/** How long an answer of some hundred bytes takes, a byte a second. */
const TRICKLED_MS = 400_000;
/** How much later than its sender's patience a request may be carried out. */
const LATE_MS = 60_000;

/**
 * The SDK's client in a process, over a network that loses requests and answers. A request is tried again as the SDK does
 * it, so the same one may be carried out more than once, and after everybody has given it up.
 *
 *     process ──request──> (lost, late) ──> tables ──answer──> (lost) ──> process, if it still lives
 */
export function faultyClient(ports: ClientPorts): DynamoDBClient {
  return clientWith(async (command, { abortSignal } = {}) => {
    const carryOut = idempotent(command, () => execute(ports.database, command, whimsOf(ports, command)));
    for (let attempt = 1; ; attempt += 1) {
      const answer = await attemptOf(ports, command, carryOut);
      if (answer.kind === 'answered') return answer.output;
      if (answer.kind === 'refused' || attempt === ATTEMPTS) throw answer.error;
      await ports.process.sleep(ports.random.int(10, 100 * 2 ** attempt));
      if (abortSignal?.aborted) throw answer.error;
    }
  });
}

type Answer =
  | { readonly kind: 'answered'; readonly output: object }
  /** DynamoDB's own no. */
  | { readonly kind: 'refused'; readonly error: unknown }
  /** What the SDK tries again. */
  | { readonly kind: 'failed'; readonly error: Error };

function attemptOf(
  { process, clock, random, faults }: ClientPorts,
  command: Command,
  carryOut: () => object,
): Promise<Answer> {
  const where = whereOf(process, command);
  return new Promise((resolve) => {
    const answer = (ms: number, what: Answer) => process.after(ms, () => resolve(what));
    const latency = random.int(1, 10);
    if (faults.strikes('dynamodb throttled', where)) {
      answer(latency, { kind: 'failed', error: throttle(random) });
    } else if (faults.strikes('dynamodb failed', where)) {
      answer(latency, { kind: 'failed', error: outage(random) });
    } else if (faults.strikes('dynamodb request lost', where)) {
      answer(TIMEOUT_MS, { kind: 'failed', error: timeout() });
    } else if (faults.strikes('dynamodb answer lost', where)) {
      clock.after(latency, () => void ignoringErrors(carryOut));
      answer(TIMEOUT_MS, { kind: 'failed', error: timeout() });
    } else if (faults.strikes('dynamodb answer stalled', where)) {
      clock.after(latency, () => void ignoringErrors(carryOut));
    } else if (faults.strikes('dynamodb answer trickled', where)) {
      clock.after(latency, () => answer(TRICKLED_MS, outcomeOf(carryOut)));
    } else if (faults.strikes('dynamodb answer cut', where)) {
      clock.after(latency, () => {
        ignoringErrors(carryOut);
        answer(1, cut(random));
      });
    } else if (faults.strikes('dynamodb request late', where)) {
      clock.after(random.int(TIMEOUT_MS, LATE_MS), () => void ignoringErrors(carryOut));
      answer(TIMEOUT_MS, { kind: 'failed', error: timeout() });
    } else {
      const slow = faults.strikes('dynamodb slow', where) ? random.int(100, TIMEOUT_MS - 100) : 0;
      clock.after(latency + slow, () => {
        const conflict = conflictOn(command, random);
        const outcome =
          conflict !== undefined && faults.strikes('dynamodb conflict', where)
            ? ({ kind: 'refused', error: conflict } as const)
            : outcomeOf(carryOut);
        answer(random.int(1, 10), outcome);
      });
    }
  });
}

/** The SDK tries again where the connection broke, and not where an answer that it has makes no sense. */
function cut(random: Chance): Answer {
  const error = cutAnswer(random);
  return error instanceof SyntaxError ? { kind: 'refused', error } : { kind: 'failed', error };
}

function outcomeOf(carryOut: () => object): Answer {
  try {
    return { kind: 'answered', output: carryOut() };
  } catch (error) {
    return { kind: 'refused', error };
  }
}

/** Nobody is there any more to hear of a refusal. */
const ignoringErrors = outcomeOf;

const STATEMENT_FAILURES: readonly [StatementFault, ...StatementFault[]] = [
  { code: 'ThrottlingError', applied: false },
  { code: 'TransactionConflict', applied: false },
  { code: 'InternalServerError', applied: false },
  { code: 'InternalServerError', applied: true },
];

function whimsOf({ process, random, faults }: ClientPorts, command: Command): Whims {
  const where = whereOf(process, command);
  return {
    ...CALM,
    leaves: () => faults.strikes('dynamodb unprocessed', where),
    statement() {
      if (!faults.strikes('dynamodb statement failed', where)) return undefined;
      return random.pick(STATEMENT_FAILURES);
    },
    pageSize: (asked = Number.POSITIVE_INFINITY) =>
      faults.strikes('dynamodb short page', where) ? Math.min(asked, random.int(1, 3)) : asked,
  };
}

/** `email#2 BatchWriteItem(EmailLedger) email-service#ord_1.1`: the keys are those with a `#` in them, as the ledger's. */
function whereOf(process: Process, command: Command): () => string {
  return () => {
    const keys = JSON.stringify(command.input).match(/(?<="S":")[^"]*#[^"]*/g) ?? [];
    return [`${process.name} ${nameOf(command)}(${tableOf(command.input)})`, ...new Set(keys)].join(' ');
  };
}

/** Where the SDK's inputs name tables. */
type Input = Partial<
  Pick<TransactWriteItemsCommandInput, 'TransactItems'> &
    Pick<BatchExecuteStatementCommandInput, 'Statements'> & {
      readonly TableName: string;
      readonly RequestItems: object;
    }
>;

const nameOf = (command: Command): string => command.constructor.name.replace('Command', '');

/**
 * The SDK gives a transaction a token of its own, so that its own repetitions are answered as the first attempt was
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html). Nothing else has one.
 */
function idempotent(command: Command, carryOut: () => object): () => object {
  if (!(command instanceof TransactWriteItemsCommand)) return carryOut;
  let answer: object | undefined;
  return () => {
    answer ??= carryOut();
    return answer;
  };
}

function tableOf(input: Input): string {
  const {
    TableName: name,
    RequestItems: batch = {},
    TransactItems: writes = [],
    Statements: statements = [],
  } = input;
  const names = [
    name,
    ...Object.keys(batch),
    ...writes.map(({ Put: put, Update: update }) => (put ?? update)?.TableName),
    ...statements.map(({ Statement: text }) => text?.match(/"(\w[^"]*)"/)?.[1]),
  ];
  return [...new Set(names.filter((found) => found !== undefined))].join();
}
