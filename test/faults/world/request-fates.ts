import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { type AwsRequest, type Fate, PASS } from '../../../cli/faults/aws-proxy.ts';
import type { Chance } from '../../support/chance.ts';
import type { RequestFault } from '../fault-kinds.ts';
import { signal } from './processes.ts';

/** The clients give up after 3 s (DynamoDB) and 5 s (SES). */
const LATE_MS = { dynamodb: 3_500, ses: 5_500 } as const;
/** Longer than a client waits: on waking, it gives up what has been answered meanwhile. */
const FROZEN_MS = 7_000;
export type Service = keyof typeof LATE_MS;

/** A request that a fault strikes. */
export interface StruckRequest {
  readonly request: AwsRequest;
  readonly service: Service;
  /** Of the process that sent it. */
  readonly pid: number;
}

const UNANSWERED: ReadonlySet<RequestFault> = new Set([
  'answer lost',
  'answer stalled',
  'answer trickled',
  'answer cut',
  'untrue answer',
  'late',
  'killed after',
  'killed, request late',
]);

/** Whether its sender doesn't hear of a request that is carried out. */
export const leavesUnanswered = (fault: RequestFault): boolean => UNANSWERED.has(fault);

/** What becomes of the request; its process is struck here, but by `killed after`, which waits until the request is done. */
export function fateBy(fault: RequestFault, { request, service, pid }: StruckRequest, random: Chance): Fate {
  switch (fault) {
    case 'throttled':
      return service === 'ses'
        ? { kind: 'answer', status: 429, type: 'TooManyRequestsException' }
        : { kind: 'answer', status: 400, type: 'ProvisionedThroughputExceededException' };
    case 'failed':
      return { kind: 'answer', ...failure(service) };
    case 'request lost':
      return { kind: 'lost-request' };
    case 'answer lost':
    case 'killed after':
      return { kind: 'lost-answer' };
    case 'answer stalled':
      return { kind: 'stalled-answer' };
    case 'answer trickled':
      return { kind: 'trickled-answer' };
    case 'answer cut':
      return { kind: 'cut-answer' };
    case 'untrue answer':
      return { kind: 'untrue-answer', ...failure(service) };
    case 'slow':
      return { kind: 'slow', ms: random.int(20, 400) };
    case 'late':
      return { kind: 'slow', ms: LATE_MS[service] };
    case 'conflict':
      return conflict(request);
    case 'unprocessed':
      return unprocessed(request);
    case 'half unprocessed':
      return halfUnprocessed(request);
    case 'statements failed':
      return failedStatements(request, false, () => random.hits(0.5));
    case 'statements done and failed':
      return failedStatements(request, true, () => random.hits(0.5));
    case 'killed before':
      signal(pid, 'SIGKILL');
      return { kind: 'lost-request' };
    case 'killed, request late':
      signal(pid, 'SIGKILL');
      return { kind: 'slow', ms: random.int(20, 400) };
    case 'frozen':
      signal(pid, 'SIGSTOP');
      void delay(random.int(100, FROZEN_MS)).then(() => signal(pid, 'SIGCONT'));
      return PASS;
  }
}

function failure(service: Service) {
  return service === 'ses'
    ? { status: 503, type: 'ServiceUnavailable' }
    : { status: 500, type: 'InternalServerError' };
}

/** Of the transaction's items the first is the order. */
function conflict({ body }: AwsRequest): Fate {
  const { TransactItems = [] }: { TransactItems?: unknown[] } = JSON.parse(body);
  const CancellationReasons = TransactItems.map((_, index) => ({
    Code: index === 0 ? 'TransactionConflict' : 'None',
  }));
  const type = 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException';
  return { kind: 'answer', status: 400, type, detail: { CancellationReasons } };
}

/** Batches that are not done, or not all of them, as DynamoDB answers them with status 200. */
const Write = z.object({ RequestItems: z.record(z.string(), z.array(z.unknown())) });
const Read = z.object({ RequestItems: z.record(z.string(), z.looseObject({ Keys: z.array(z.unknown()) })) });
const Statements = z.looseObject({ Statements: z.array(z.unknown()) });
const Answer = z.looseObject({});
const StatementsAnswer = z.looseObject({ Responses: z.array(z.looseObject({})) });

const half = <T>(items: readonly T[]): readonly [readonly T[], readonly T[]] => {
  const middle = Math.floor(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
};

/** Nothing of a BatchGetItem or BatchWriteItem is done. */
export function unprocessed({ operation, body }: AwsRequest): Fate {
  const { RequestItems }: { RequestItems?: unknown } = JSON.parse(body);
  const detail =
    operation === 'BatchGetItem'
      ? { Responses: {}, UnprocessedKeys: RequestItems }
      : { UnprocessedItems: RequestItems };
  return { kind: 'answer', status: 200, type: '', detail };
}

/** The second half of a BatchGetItem or BatchWriteItem is not done; of one item, all of it. */
export function halfUnprocessed(request: AwsRequest): Fate {
  const { operation, body } = request;
  if (operation === 'BatchGetItem') {
    const asked = Read.parse(JSON.parse(body)).RequestItems;
    const halves = Object.entries(asked).map(([table, read]) => {
      const [done, left] = half(read.Keys);
      return { done: [table, { ...read, Keys: done }], left: [table, { ...read, Keys: left }] } as const;
    });
    if (halves.some(({ done: [, { Keys }] }) => Keys.length === 0)) return unprocessed(request);
    return partly(halves, 'UnprocessedKeys');
  }
  const asked = Write.parse(JSON.parse(body)).RequestItems;
  const halves = Object.entries(asked).map(([table, items]) => {
    const [done, left] = half(items);
    return { done: [table, done], left: [table, left] } as const;
  });
  if (halves.some(({ done: [, items] }) => items.length === 0)) return unprocessed(request);
  return partly(halves, 'UnprocessedItems');
}

function partly(
  halves: readonly { readonly done: readonly [string, unknown]; readonly left: readonly [string, unknown] }[],
  unprocessedName: string,
): Fate {
  const left = Object.fromEntries(halves.map((each) => each.left));
  return {
    kind: 'partly',
    ask: JSON.stringify({ RequestItems: Object.fromEntries(halves.map(({ done }) => done)) }),
    tell: (answer) => JSON.stringify({ ...Answer.parse(JSON.parse(answer)), [unprocessedName]: left }),
  };
}

/**
 * Some statements of a BatchExecuteStatement fail by themselves, throttled or by the service; they were not carried out,
 * or all of them were.
 */
export function failedStatements({ body }: AwsRequest, wereDone: boolean, fails: () => boolean): Fate {
  const { Statements: asked, ...others } = Statements.parse(JSON.parse(body));
  const failed = asked.map(fails);
  const ask = { ...others, Statements: wereDone ? asked : asked.filter((_, index) => !failed[index]) };
  const error = {
    Error: { Code: wereDone ? 'InternalServerError' : 'ThrottlingError', Message: 'injected' },
  };
  if (ask.Statements.length === 0) {
    return { kind: 'answer', status: 200, type: '', detail: { Responses: asked.map(() => error) } };
  }
  return {
    kind: 'partly',
    ask: JSON.stringify(ask),
    tell(answer) {
      const told = StatementsAnswer.safeParse(JSON.parse(answer));
      // The endpoint refuses the whole batch: that is its own answer.
      if (!told.success) return answer;
      const answers = [...told.data.Responses];
      const Responses = wereDone
        ? answers.map((each, index) => (failed[index] ? error : each))
        : failed.map((isFailed) => (isFailed ? error : answers.shift()));
      return JSON.stringify({ ...told.data, Responses });
    },
  };
}
