import { setTimeout as delay } from 'node:timers/promises';
import { type AwsRequest, type Fate, PASS } from '../../../cli/faults/aws-proxy.ts';
import type { Chance } from '../../support/chance.ts';
import type { RequestFault } from '../fault-kinds.ts';
import { signal } from './processes.ts';
import { failedStatements, halfUnprocessed, unprocessed } from './unprocessed.ts';

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
