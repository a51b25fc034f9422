import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Chance } from '../../support/chance.ts';
import type { Faults } from '../faults.ts';
import type { Process } from '../process.ts';
import type { Scheduler } from '../scheduler.ts';
import { CALM, type Command, execute, type StatementFault, type Whims } from './commands.ts';
import { conflictOn, cutAnswer, outage, throttle, timeout } from './errors.ts';
import { idempotent } from './idempotent.ts';
import type { Database } from './tables.ts';

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

/** An SDK client whose requests are carried out by `send`. */
export function clientWith(
  send: (command: Command, options?: { readonly abortSignal?: AbortSignal }) => Promise<object>,
): DynamoDBClient {
  return Object.create(DynamoDBClient.prototype, { send: { value: send } });
}

/** A client of a DynamoDB with nothing in its way. */
export function calmClient(database: Database): DynamoDBClient {
  return clientWith(async (command) => execute(database, command, CALM));
}

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
    leaves: () => faults.strikes('dynamodb unprocessed', where),
    statement() {
      if (!faults.strikes('dynamodb statement failed', where)) return undefined;
      return random.pick(STATEMENT_FAILURES);
    },
    pageSize: (asked = Number.POSITIVE_INFINITY) =>
      faults.strikes('dynamodb short page', where) ? Math.min(asked, random.int(1, 3)) : asked,
  };
}

/** `relay#2 BatchGetItem(Outbox)` */
function whereOf(process: Process, command: Command): string {
  return `${process.name} ${command.constructor.name.replace('Command', '')}(${tableOf(command.input)})`;
}

function tableOf(input: object): string {
  if ('TableName' in input) return String(input.TableName);
  if ('RequestItems' in input && typeof input.RequestItems === 'object') {
    return Object.keys(input.RequestItems ?? {}).join();
  }
  return '';
}
