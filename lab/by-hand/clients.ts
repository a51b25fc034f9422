/** `lab produce` and `lab consume`: a client in a process of its own, and what it tells, line by line. */

import { setTimeout as delay } from 'node:timers/promises';
import { unlessInterrupted } from '../../local/cli/interruption.ts';
import type { Terminal } from '../../local/cli/terminal.ts';
import { toRun } from '../../local/command-line.ts';
import { accepts } from '../../local/engines/ports.ts';
import type { LogEvent } from '../../local/events/event.ts';
import { type Client, startClient } from '../client.ts';
import { LabError } from '../errors.ts';
import { brokerOf, type LabBroker } from './broker.ts';
import { committedOf, requireTopic } from './look.ts';
import { memberLines, producerLines, troubleOf } from './view.ts';

export interface ProduceOptions {
  /** Records a second. */
  readonly rate: number;
  /** How many different ones; 0 is none at all. */
  readonly keys: number;
  /** @default - until it is interrupted */
  readonly count?: number | undefined;
  readonly acks: '0' | '1' | 'all';
  readonly json: boolean;
}

/** `lab produce`; whether every record was acknowledged. */
export async function produce(
  projectDir: string,
  { rate, keys, count = 0, acks, json }: ProduceOptions,
  terminal: Terminal,
  interrupted: AbortSignal,
): Promise<boolean> {
  const broker = await brokerOf(projectDir, terminal.progress);
  const ends = await requireTopic(broker);
  // Its numbers go on where those on the log end, whoever wrote them.
  const from = 1 + ends.reduce((sum, { high }) => sum + Number(high), 0);
  const counts = { written: 0, refused: 0 };
  const heard = (event: LogEvent) => {
    if (event.type === 'appended') counts.written += 1;
    if (event.type === 'not-acknowledged') counts.refused += 1;
  };
  const options = { topic: broker.topic, rate, keys, count, acks, from };
  try {
    const lines = producerLines();
    await followed('produce', options, { broker, json, terminal, interrupted, heard, lines });
  } finally {
    const { written, refused } = counts;
    const not = refused === 0 ? '' : `, ${refused} not`;
    if (acks !== '0') terminal.progress(`${written} acknowledged${not}`);
  }
  return counts.refused === 0;
}

export interface ConsumeOptions {
  readonly group: string;
  readonly name: string;
  readonly commit: 'after' | 'before';
  readonly fromBeginning: boolean;
  /** Milliseconds. */
  readonly slow: number;
  /** @default - it doesn't */
  readonly crashAfter?: number | undefined;
  readonly json: boolean;
}

/** What brokers take unless they are told otherwise (`group.min.session.timeout.ms`); the lab's own takes less. */
const SHORTEST_SESSION_MS = { own: 3_000, others: 6_000 };

/** `lab consume`; whether it ended as it was to. */
export async function consume(
  projectDir: string,
  { group: groupName, name, commit, fromBeginning, slow, crashAfter = 0, json }: ConsumeOptions,
  terminal: Terminal,
  interrupted: AbortSignal,
): Promise<boolean> {
  const broker = await brokerOf(projectDir, terminal.progress);
  await requireTopic(broker);
  const group = broker.group(groupName);
  if (fromBeginning && (await committedOf(broker, group)).some(({ offset }) => Number(offset) >= 0)) {
    terminal.progress(
      `${group} goes on at the offsets that it has committed: --from-beginning is for groups that have committed nothing`,
    );
  }
  const options = {
    topic: broker.topic,
    group,
    name,
    commit,
    slow,
    'crash-at': crashAfter,
    'session-timeout': broker.own ? SHORTEST_SESSION_MS.own : SHORTEST_SESSION_MS.others,
    ...(fromBeginning && { 'from-beginning': true as const }),
  };
  const hasLeft = await followed('consume', options, {
    broker,
    json,
    terminal,
    interrupted,
    lines: memberLines(),
    workMs: slow,
  });
  return hasLeft || crashAfter > 0;
}

interface Following {
  readonly broker: LabBroker;
  readonly json: boolean;
  readonly terminal: Terminal;
  readonly interrupted: AbortSignal;
  /** An event as a person reads it. */
  readonly lines: (event: LogEvent) => string[];
  /** How long the work on a record takes, which is finished first. @default 0 */
  readonly workMs?: number;
  /** Hears each event. @default - nobody */
  readonly heard?: (event: LogEvent) => void;
}

/**
 * Runs a client to its end, and says whether it has left its group. An interruption ends it: it is given the time to say goodbye,
 * unless there is nobody to say it to. One that gives up because the broker is away is started again when that is back, as whatever
 * runs a consumer does.
 */
async function followed(
  program: string,
  options: Parameters<typeof startClient>[1],
  { broker, json, terminal, interrupted, lines, heard, workMs = 0 }: Following,
): Promise<boolean> {
  let away = false;
  let left = false;
  const complain = (complaint: string) => {
    const trouble = troubleOf(complaint);
    if (trouble === 'taken for dead') terminal.progress('its group took it for dead: it joins again');
    if (trouble === 'out of range') terminal.progress('what it was to read next is gone from the log');
    if (trouble !== 'away' || away) return;
    away = true;
    const remedy = broker.own ? ` (${toRun('lab up')})` : '';
    terminal.progress(`no answer from ${broker.called}: it is asked until it is back${remedy}`);
  };
  const hear = (event: LogEvent) => {
    heard?.(event);
    if (event.type === 'left') left = event.how === 'left';
    if (away && event.type !== 'not-acknowledged' && event.type !== 'left') {
      away = false;
      terminal.progress(`${broker.called} answers again`);
    }
    if (json) terminal.out(JSON.stringify(event));
    else for (const line of lines(event)) terminal.out(line);
  };
  for (;;) {
    interrupted.throwIfAborted();
    const client = startClient(program, { brokers: broker.brokers, ...options }, { hear, complain });
    try {
      await unlessInterrupted(client.ended(), interrupted);
      return left;
    } catch (error) {
      if (!away || !(error instanceof LabError)) throw error;
    } finally {
      if (away) await client.kill();
      else await goodbye(client, GOODBYE_MS + workMs);
    }
    while (!(await someAccept(broker)))
      await delay(RETRY_MS, undefined, { signal: interrupted }).catch(() => interrupted.throwIfAborted());
  }
}

const RETRY_MS = 500;
const GOODBYE_MS = 5_000;

/** Whoever typed Ctrl-C doesn't wait for a client that never comes to an end. */
async function goodbye(client: Client, withinMs: number): Promise<void> {
  const timer = setTimeout(() => void client.kill(), withinMs);
  await client.stop();
  clearTimeout(timer);
}

async function someAccept({ brokers }: LabBroker): Promise<boolean> {
  return (await Promise.all(brokers.split(',').map(accepts))).includes(true);
}
