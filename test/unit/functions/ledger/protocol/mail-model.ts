import { StatementError } from '../../../../../functions/dynamodb.ts';
import { type ActResult, actOnce, MARK_MS } from '../../../../../functions/ledger/act-once.ts';
import type { Ledger, LedgerRow } from '../../../../../functions/ledger/ledger.ts';
import { inMemoryLedger } from '../../../../support/in-memory-ledger.ts';
import { type Answer, type Call, type Program, type Situation, situationsOf } from './program.ts';
import type { Mishap, Model } from './state.ts';

/** What `actOnce` asks for. */
export interface MailPorts extends Ledger {
  act(task: string): Promise<string | undefined>;
}

/** The ledger's rows, and how often each mail went out. */
export interface MailWorld {
  readonly rows: Map<string, LedgerRow>;
  readonly sent: Map<string, number>;
}

/** Mails under way at once. */
const IN_FLIGHT = 2;

/** Milliseconds that a send takes at most, as email has it. */
export const SEND_MS = 7_000;

/** In a model of leases, requests end by faults alone. */
const ENDLESS = new AbortController().signal;

const PORTS = ['insert', 'read', 'replace', 'put', 'act'] as const;

/** What is asked of the ledger takes ten seconds at most; a mark half as long, since one may wait for another. */
const LIMITS_MS = { insert: 10_000, read: 10_000, replace: 10_000, put: MARK_MS / 2, act: SEND_MS };

interface MailOptions {
  readonly deliveries: 1 | 2 | 3;
  /** Rounds that a delivery has at most. */
  readonly rounds: number;
  /** Mails of the batch. */
  readonly mails: number;
  readonly twin: Model<MailPorts, MailWorld>['twin'];
  /** Milliseconds that `actOnce` is told a send takes at most. */
  readonly deadlineMs: number;
  /** Whether time passes. */
  readonly clock: boolean;
  readonly slowAnswers: boolean;
}

/** Deliveries of one batch of mails, each by `actOnce`. */
export function mailModel(options: Partial<MailOptions> = {}): Model<MailPorts, MailWorld> {
  const {
    deliveries = 2,
    rounds = 2,
    mails = 1,
    twin = mailTwin,
    deadlineMs = SEND_MS,
    clock = true,
    slowAnswers = false,
  } = options;
  const keys = Array.from({ length: mails }, (_, n) => `mail-${n}`);
  const programs = new Map(
    ['A', 'B', 'C', 'late'].map((id) => [id, situationsOf(mailProgram(id, keys, deadlineMs), PORTS)]),
  );
  return {
    deliveries: ['A', 'B', 'C'].slice(0, deliveries),
    alike: true,
    rounds,
    slowAnswers,
    programs,
    start: { rows: new Map(), sent: new Map() },
    copy: ({ rows, sent }) => ({ rows: new Map(rows), sent: new Map(sent) }),
    twin,
    mishaps: mishapsOf,
    crash: (situation, carriedOut) =>
      isUnmarked(situation, carriedOut) ? 'crash before the mark' : 'any other',
    freeze: ({ port }) => (port === 'act' || port === 'put' ? 'frozen' : 'any other'),
    limitMs: ({ port }) => LIMITS_MS[port],
    turningPoints: ({ rows }) => (clock ? [...rows.values()].flatMap(turningPointsOf) : []),
    outcome: ({ rows, sent }) => {
      const open = keys.filter((key) => rows.get(key)?.status !== 'SENT').map((key) => `, ${key} not marked`);
      return `${keys.map((key) => sent.get(key) ?? 0)}${open.join('')}`;
    },
  };
}

function mailProgram(id: string, keys: readonly string[], deadlineMs: number): Program<MailPorts> {
  return async (ports, now) => {
    const results = await actOnce<string, string>(
      keys,
      { keyOf: (key) => key, act: (key) => ports.act(key), deadlineMs, inFlight: IN_FLIGHT },
      { ledger: unlessEmpty(ports), now },
      { id, isOver: () => false, signal: ENDLESS },
    );
    return [...results.values()].some(wantsAgain) ? 'again' : 'over';
  };
}

/** A mail went out in this round, and the ledger doesn't know. */
function isUnmarked({ heard }: Situation<MailPorts>, carriedOut: Call<MailPorts> | undefined): boolean {
  const done = heard.flatMap(({ call, answer }) => ('value' in answer ? [call] : []));
  if (carriedOut !== undefined) done.push(carriedOut);
  const marked = new Set(done.flatMap((call) => (call.port === 'put' ? keysOf(call.request) : [])));
  return done.some(({ port, request }) => port === 'act' && !marked.has(request));
}

function keysOf(request: unknown): unknown[] {
  if (request instanceof Map) return [...request.keys()];
  return Array.isArray(request) ? request : [];
}

function wantsAgain({ kind }: ActResult<unknown>): boolean {
  return kind === 'held' || kind === 'failed' || kind === 'not-begun';
}

/** A ledger isn't asked for nothing: DynamoDB's sends no request then. */
function unlessEmpty(ports: MailPorts): Ledger {
  return {
    insert: (rows) => ports.insert(rows),
    read: (keys) => ports.read(keys),
    replace: async (changes) => (changes.size === 0 ? new Map() : ports.replace(changes)),
    put: async (rows) => (rows.size === 0 ? new Map() : ports.put(rows)),
  };
}

/** The ledger in memory, and a provider that counts. */
export const mailTwin: Model<MailPorts, MailWorld>['twin'] = ({ rows, sent }) => {
  return {
    ...inMemoryLedger(rows),
    act: async (key) => {
      sent.set(key, (sent.get(key) ?? 0) + 1);
      return undefined;
    },
  };
};

/** The last moments at which a send and its mark, and a send alone, would end within the lease; and its end. */
function turningPointsOf(row: LedgerRow): number[] {
  if (row.status !== 'CLAIMED') return [];
  return [row.leaseUntil - SEND_MS - MARK_MS, row.leaseUntil - SEND_MS, row.leaseUntil];
}

/** What can go wrong with a request, whether or not it is carried out. */
function mishapsOf({ port, request }: Call<MailPorts>): Mishap[] {
  if (port === 'act') return ACT_MISHAPS;
  const unmarked = port === 'put' ? 'not marked' : 'any other';
  const [refused, unanswered] = [failed(port, request, REFUSED), failed(port, request, UNANSWERED)];
  const mishaps: Mishap[] = [
    { text: 'is refused for now', fault: unmarked, happens: 'never', answer: refused },
    {
      text: 'is carried out, and its answer is lost',
      fault: 'any other',
      happens: 'once',
      answer: unanswered,
    },
    { text: 'is given up, and may happen yet', fault: unmarked, happens: 'later', answer: unanswered },
    // By the SDK itself: its caller hears of the second time alone.
    { text: 'is sent twice', fault: 'any other', happens: 'twice', answer: undefined },
  ];
  return port === 'read' ? mishaps.slice(0, 1) : mishaps;
}

const thrown = (name: string, more: object = {}): Answer => ({
  text: name,
  error: Object.assign(new Error(name), { name, ...more }),
});
const [TIMEOUT, FAILURE] = [thrown('TimeoutError'), thrown('InternalServerError', { $fault: 'server' })];

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

const [REFUSED, UNANSWERED] = ['ThrottlingError', 'TimeoutError'].map(
  (code) => new StatementError(code, 'injected', { retriable: true }),
);

/** What the ledger says of a request that failed as a whole. */
function failed(port: string, request: unknown, error: StatementError | undefined): Answer {
  const value = new Map(
    keysOf(request).map((key) => [key, port === 'put' ? error : { kind: 'failed', error }]),
  );
  return { text: `${error?.code}`, value };
}
