/** Has a consumer misbehave on purpose, and compares what its mapping makes of that with the emulator's rules. */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type AttributeValue,
  DynamoDBClient,
  paginateQuery,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import type { App } from '../../local/cli/app.ts';
import { attributesOf } from '../attributes.ts';
import type { LettersTable, StoredLetter } from '../dead-letters/letters-table.ts';
import { lettersSince } from '../dead-letters/selection.ts';
import { CASES, type Case, type Evidence, HEADER_TEXT, Invocation } from './cases.ts';

/** How a rule of the emulator compares with what was seen. */
export interface Finding {
  /** Of docs/emulation.md. */
  readonly rule: string;
  readonly about: string;
  readonly here: string;
  /** `–` where it can't be told. */
  readonly seen: string;
  readonly verdict: 'same' | 'different' | 'unclear';
  /** What makes the emulator do what was seen. */
  readonly otherwise?: string | undefined;
}

/** What was found out. */
export interface Verification {
  readonly findings: readonly Finding[];
  /** Milliseconds between the attempts of a record that failed. AWS publishes no schedule, so they are only told. */
  readonly waits: readonly number[];
  /** What became of each case, for whoever puts its letters away. */
  readonly cases: readonly Running[];
}

export interface VerifyPorts {
  readonly probes: Probes;
  /** Names the run among all there ever were. */
  readonly run: string;
  /** Milliseconds that a case may take. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
}

const LOOK_EVERY_MS = 500;

/** Has the probe's consumer misbehave in every way there is, one after the other, and compares. */
export async function verify(ports: VerifyPorts): Promise<Verification> {
  const findings: Finding[] = [];
  const waits: number[] = [];
  const cases: Running[] = [];
  for (const theCase of CASES) {
    if (ports.signal.aborted) break;
    ports.progress(`${theCase.name} …`);
    const running = await ports.probes.begin(ports.run, theCase);
    cases.push(running);
    const evidence = await settled(running, ports);
    findings.push(...findingsOf(theCase, evidence));
    if (theCase.scripts.some((script) => script.at(-1) === 'fail')) waits.push(...waitsIn(evidence));
  }
  return { findings, waits, cases };
}

/** What there is when all has happened that is looked for, or when the time is over. */
async function settled(running: Running, { probes, waitMs, signal }: VerifyPorts): Promise<Evidence> {
  const end = performance.now() + waitMs;
  for (;;) {
    const evidence = await probes.evidence(running);
    if (running.theCase.isOver(evidence) || performance.now() >= end || signal.aborted) return evidence;
    await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

function findingsOf({ checks, isOver }: Case, evidence: Evidence): Finding[] {
  const over = isOver(evidence);
  return checks.map(({ rule, about, here, seen: tell, untilTheEnd, otherwise }) => {
    const seen = over || untilTheEnd ? tell(evidence) : undefined;
    const verdict = seen === undefined ? 'unclear' : seen === here ? 'same' : 'different';
    return { rule, about, here, seen: seen ?? '–', verdict, otherwise };
  });
}

function waitsIn({ invocations }: Evidence): number[] {
  const times = invocations.map(({ at }) => Date.parse(at)).sort((one, other) => one - other);
  return times.slice(1).map((time, n) => time - (times[n] ?? time));
}

/** A case under way. */
export interface Running {
  /** Names it in the table of probes. */
  readonly run: string;
  readonly theCase: Case;
  /** Of its records; it looks like an order's id, since the outbox holds nothing else. */
  readonly recordKey: string;
  readonly since: Date;
}

/** How probes get to their consumer, and what is known of them there. */
export interface Probes {
  /** Hands a case's records to the relay, all at once. */
  begin(run: string, theCase: Case): Promise<Running>;
  evidence(running: Running): Promise<Evidence>;
  /** The messages about a case, as the collector kept them: it knows no such consumer. */
  letters(running: Running): Promise<readonly StoredLetter[]>;
  close(): void;
}

/**
 * Opens the way of probes through an app.
 *
 * @param probesTable of the stack with the probe's consumer
 */
export function probesOf(app: App, probesTable: string, letters: LettersTable): Probes {
  const client = new DynamoDBClient(app.dynamodb);
  const outbox = app.output('OutboxTable');

  const lettersOf = ({ recordKey, since }: Running): Promise<readonly StoredLetter[]> => {
    const inBase64 = Buffer.from(recordKey).toString('base64');
    const isOfRecord = ({ value }: StoredLetter) => textOf(value).includes(inBase64);
    return lettersSince(letters, since, { consumer: 'dead-letters' }, isOfRecord);
  };
  return {
    async begin(run, theCase) {
      const recordKey = `ord_${randomBytes(13).toString('hex')}`;
      const rows = theCase.scripts.map((script, n) =>
        probeRow(recordKey, n, { run, case: theCase.name, n, script }),
      );
      await client.send(
        new TransactWriteItemsCommand({
          TransactItems: rows.map((Item) => ({ Put: { TableName: outbox, Item } })),
        }),
      );
      return { run, theCase, recordKey, since: new Date() };
    },
    async evidence(running) {
      const invocations: Invocation[] = [];
      const query = {
        TableName: probesTable,
        ConsistentRead: true,
        KeyConditionExpression: '#run = :run AND begins_with(what, :seen)',
        ExpressionAttributeNames: { '#run': 'run' },
        ExpressionAttributeValues: {
          ':run': { S: running.run },
          ':seen': { S: `seen#${running.theCase.name}#` },
        },
      };
      for await (const { Items = [] } of paginateQuery({ client }, query)) {
        invocations.push(...Items.map(({ seen }) => Invocation.parse(JSON.parse(seen?.S ?? ''))));
      }
      const deadLetters = (await lettersOf(running)).map(({ key, value }) => ({
        key: textOf(key),
        value: textOf(value),
      }));
      return { invocations, deadLetters, recordKey: running.recordKey };
    },
    letters: lettersOf,
    close: () => client.destroy(),
  };
}

/** A row of the outbox; the relay publishes what is there. Its type is no order's: whoever doesn't know it skips it. */
function probeRow(recordKey: string, n: number, value: object): Record<string, AttributeValue> {
  const headers = {
    ce_specversion: '1.0',
    ce_id: `${recordKey}.${n + 1}`,
    ce_source: '/orderly/verify',
    ce_type: 'orderly.probe',
    ce_subject: recordKey,
    ce_time: new Date().toISOString(),
    'content-type': 'application/json',
    'probe-bytes': HEADER_TEXT,
  };
  return {
    ...attributesOf({ orderId: recordKey, seq: n + 1, key: recordKey, headers: Object.entries(headers) }),
    value: { B: Buffer.from(JSON.stringify(value)) },
  };
}

function textOf(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('utf8');
}
