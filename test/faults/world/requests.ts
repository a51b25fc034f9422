import { setTimeout as delay } from 'node:timers/promises';
import { type AwsRequest, type Fate, PASS, startAwsProxy } from '../../../cli/faults/aws-proxy.ts';
import {
  FUNCTION_NAMES,
  type FunctionName,
  kindOf,
  REQUEST_FAULTS,
  type RequestFault,
} from '../fault-kinds.ts';
import type { Plan } from '../plan.ts';
import { type FaultLog, GIVEN_UP } from './fault-log.ts';
import { isAlive, pidOf, signal } from './processes.ts';
import { fateBy, leavesUnanswered, type Service } from './request-fates.ts';

/** A request that the endpoint has carried out. */
export interface DoneRequest {
  readonly operation: string;
  /** What the endpoint was asked: less than was sent, where a part of a batch was left out. */
  readonly asked: string;
  readonly pid: number;
  /** Whether its sender hears what was done, as far as the proxy can know. */
  readonly isAnswered: boolean;
}

/** Everything between the functions and what they ask of AWS. */
export interface Requests {
  /** Variables that bring a function's requests here. */
  environment(name: FunctionName): Readonly<Record<string, string>>;
  /** Faults strike from now on, or no more. */
  strike(isOn: boolean): void;
  /** All requests of a function to a service end this way from now on; undefined: no more. */
  cutOff(how: CutOff | undefined): void;
  /** Processes that were seen. */
  readonly pids: ReadonlySet<number>;
  /** Whether a request is under way: to this service, with this text in it, from this process. */
  underWay(which: { readonly service?: Service; readonly text?: string; readonly pid?: number }): boolean;
  stop(): Promise<void>;
}

export interface RequestsPorts {
  readonly awsEndpoint: string;
  /** Of the mail provider. */
  readonly sesEndpoint: string;
  readonly plan: Plan;
  readonly log: FaultLog;
  /** Told of every request that was carried out, at the moment when it was. */
  readonly done: (name: FunctionName, request: DoneRequest) => void;
}

const DYING_MS = 1_000;
const EVENT = /ord_[0-9a-z]{26}\.\d+/g;

interface CutOff {
  readonly name: FunctionName;
  readonly service: Service;
  readonly fault: RequestFault;
}

/** One that is on its way to the endpoint. */
interface OpenRequest {
  readonly pid: number;
  readonly service: Service;
  readonly fault: RequestFault | undefined;
}

/** Starts a proxy for each function in front of DynamoDB, and one in front of the mail provider. */
export async function startRequests(ports: RequestsPorts): Promise<Requests> {
  const { plan, log } = ports;
  const random = plan.chance.fork();
  const pids = new Set<number>();
  const open = new Map<AwsRequest, OpenRequest>();
  const struck = new Map<string, number>();
  let isOn = false;
  let cutOff: CutOff | undefined;

  function draw(name: FunctionName, operation: string): RequestFault | undefined {
    for (const [fault, rate] of plan.rates.get(name) ?? []) {
      if (!(fault in REQUEST_FAULTS)) continue;
      const { limit, on } = kindOf(fault);
      const count = struck.get(`${name} ${fault}`) ?? 0;
      if (count >= limit || (on !== undefined && !on.test(operation)) || !random.hits(rate)) continue;
      struck.set(`${name} ${fault}`, count + 1);
      return fault as RequestFault;
    }
    return undefined;
  }

  function fateOf(name: FunctionName, service: Service, request: AwsRequest): Fate {
    const pid = pidOf(request.userAgent);
    if (!Number.isNaN(pid)) pids.add(pid);
    const isCutOff = cutOff?.name === name && cutOff.service === service;
    const fault = isCutOff ? cutOff?.fault : isOn ? draw(name, request.operation) : undefined;
    const fate = fault === undefined ? PASS : fateBy(fault, { request, service, pid }, random);
    if (fate.kind !== 'answer' && fate.kind !== 'lost-request') open.set(request, { pid, service, fault });
    if (fault !== undefined) note(fault, name, request, pid);
    return fate;
  }

  function note(
    kind: RequestFault | typeof GIVEN_UP,
    name: FunctionName,
    request: AwsRequest,
    pid: number,
    at = Date.now(),
  ) {
    log.note({
      at,
      kind,
      where: name,
      pids: [pid],
      isDeath: kind.startsWith('killed'),
      operation: request.operation,
      events: [...new Set(request.body.match(EVENT))],
    });
  }

  function isDone(name: FunctionName, request: AwsRequest, asked: string, status: number | undefined): void {
    const opened = open.get(request);
    open.delete(request);
    if (opened === undefined) return;
    const { pid, fault } = opened;
    if (status !== undefined && status < 300) {
      const isAnswered = fault === undefined || !leavesUnanswered(fault);
      ports.done(name, { operation: request.operation, asked, pid, isAnswered });
    }
    if (fault === 'killed after') signal(pid, 'SIGKILL');
  }

  /** On record, since a living process that gives a request up hears nothing of what was done. */
  async function isGivenUp(name: FunctionName, request: AwsRequest): Promise<void> {
    const at = Date.now();
    const pid = pidOf(request.userAgent);
    // The connections of a killed process close before it is gone.
    await delay(DYING_MS, undefined, { ref: false });
    if (isAlive(pid)) note(GIVEN_UP, name, request, pid, at);
  }

  const proxy = (name: FunctionName, service: Service, target: string) =>
    startAwsProxy(
      () => target,
      (request) => fateOf(name, service, request),
      {
        done: (request, asked, status) => isDone(name, request, asked, status),
        hungUp: (request) => void isGivenUp(name, request),
      },
    );

  const dynamodb = new Map(
    await Promise.all(
      FUNCTION_NAMES.map(async (name) => [name, await proxy(name, 'dynamodb', ports.awsEndpoint)] as const),
    ),
  );
  const ses = await proxy('email', 'ses', ports.sesEndpoint);
  return {
    pids,
    environment: (name) => ({
      AWS_ENDPOINT_URL_DYNAMODB: dynamodb.get(name)?.url ?? '',
      ...(name === 'email' && { AWS_ENDPOINT_URL_SESV2: ses.url }),
    }),
    strike(on) {
      isOn = on;
    },
    cutOff(how) {
      cutOff = how;
    },
    underWay: ({ service, text = '', pid }) =>
      [...open].some(
        ([request, sent]) =>
          request.body.includes(text) &&
          (service === undefined || service === sent.service) &&
          (pid === undefined || pid === sent.pid),
      ),
    async stop() {
      await Promise.all([...dynamodb.values(), ses].map((each) => each.stop()));
    },
  };
}
