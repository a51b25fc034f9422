import { invokeConsumer } from '../../cli/dead-letters/consumer.ts';
import { type LetterKey, type LettersTable, lettersTable } from '../../cli/dead-letters/letters-table.ts';
import { replayLetter } from '../../cli/dead-letters/replay.ts';
import { newRunId, type RunId } from '../../cli/dead-letters/transitions.ts';
import type { Chance } from '../support/chance.ts';
import { GROUPS, type Group, TABLES } from './account.ts';
import { faultyClient } from './dynamodb/client.ts';
import type { Database, Item } from './dynamodb/tables.ts';
import type { Faults } from './faults.ts';
import type { History } from './history.ts';
import type { Topic } from './kafka.ts';
import type { LambdaHost } from './lambda.ts';
import { lambdaClient } from './lambda.ts';
import { lambdaRecord } from './mappings.ts';
import { type Process, simulatedProcess } from './process.ts';
import type { Scheduler } from './scheduler.ts';

export interface OperatorPorts {
  readonly clock: Scheduler;
  readonly random: Chance;
  readonly faults: Faults;
  readonly history: History;
  readonly lambda: LambdaHost;
  readonly databaseFor: (process: Process) => Database;
  readonly topic: Topic;
  /** How much of a partition a group has handled. */
  readonly handled: (group: Group, partition: number) => number;
  /** What the table of dead letters holds now. */
  readonly deadLetters: () => readonly Item[];
}

export interface Operator {
  /** A letter has been written. */
  written(letter: Item): void;
}

/** Longest that a letter waits for the operator. */
const PATIENCE_MS = 10 * 60_000;
/** No letter is parked. */
const CAP = 1_000;

/**
 * Somebody who replays, with the replay of `orderly dead-letters`: what Lambda gave up, again until it is replayed, even if
 * an earlier run may be at it; other letters now and then, in vain; and, past the table, what a consumer has handled.
 */
export function startOperator(replays: number, duration: number, ports: OperatorPorts): Operator {
  const { clock, random, history, deadLetters } = ports;
  const killed = new Set<RunId>();
  const attended = new Set<string>();
  let runs = 0;

  async function replay(key: LetterKey): Promise<void> {
    const { process, letters, runId } = start();
    process.onDeath(() => killed.add(runId));
    const letter = await letters.letter(key);
    if (letter === undefined) return;
    const rules = {
      runId,
      takesOver: new Set(random.hits(0.3) ? killed : []),
      cap: CAP,
      findConsumer,
      maxAgeMs: Number.POSITIVE_INFINITY,
      named: true,
    };
    const invoke = invokeConsumer(lambdaClient(ports.lambda, process, ports.faults));
    const timing = { now: process.now, sleep: process.sleep };
    const { outcome, code } = await replayLetter(
      letter,
      rules,
      { letters, invoke, timing },
      new AbortController().signal,
    );
    history.note({ what: 'world', note: `${process.name} ${outcome} ${key.recordId} ${code ?? ''}` });
  }

  function start(): { process: Process; letters: LettersTable; runId: RunId } {
    const name = `operator#${++runs}`;
    const process = simulatedProcess({
      name,
      clock,
      skewMs: 0,
      note: (change) => history.note({ what: 'process', name, change }),
    });
    if (ports.faults.strikes('operator killed', name)) process.doom(random.int(0, 6), process.kill);
    else if (ports.faults.strikes('operator frozen', name)) {
      process.doom(random.int(0, 6), () => process.freeze(random.int(1_000, PATIENCE_MS)));
    }
    const client = faultyClient({ ...ports, process, database: ports.databaseFor(process) });
    const runId = newRunId(new Date(clock.now()), String(runs).padStart(8, '0'));
    return { process, letters: lettersTable(client, TABLES.deadLetters), runId };
  }

  /** A run that failed is begun again, and so is one that was killed and doesn't come back. */
  function attend(key: LetterKey): void {
    clock.after(random.int(1_000, PATIENCE_MS), () => {
      const letter = deadLetters().find(
        ({ consumer, recordId }) => consumer?.S === key.consumer && recordId?.S === key.recordId,
      );
      if (letter === undefined || !isToDo(letter)) {
        attended.delete(nameOf(key));
        return;
      }
      replay(key).catch((error: Error) =>
        history.note({ what: 'world', note: `a replay ended with ${error.name}` }),
      );
      attend(key);
    });
  }

  function replaySomething(): void {
    const all = deadLetters();
    const letter = all[random.int(0, Math.max(0, all.length - 1))];
    if (letter !== undefined && random.hits(0.5)) {
      replay(keyOf(letter)).catch(() => undefined);
      return;
    }
    const { topic } = ports;
    const group = random.pick(groups);
    const partition = random.int(0, topic.partitions.length - 1);
    const record = topic.partitions[partition]?.[random.int(0, ports.handled(group, partition)) - 1];
    if (record === undefined) return;
    const { json } = lambdaRecord(topic, partition, record);
    const event = `{"replay":{"runId":"by hand"},"records":{"${topic.name}-${partition}":[${json}]}}`;
    ports.lambda.invoke(GROUPS[group], event, () => undefined);
  }
  for (let n = 0; n < replays; n += 1) clock.after(random.int(0, duration + PATIENCE_MS), replaySomething);

  return {
    written(letter) {
      const key = keyOf(letter);
      if (!isToDo(letter) || attended.has(nameOf(key))) return;
      attended.add(nameOf(key));
      attend(key);
    },
  };
}

/** Whether Lambda gave the record up and nobody has replayed it yet. */
function isToDo({ reason, status }: Item): boolean {
  return reason?.S === 'retries-exhausted' && status?.S !== 'REPLAYED';
}

const nameOf = ({ consumer, recordId }: LetterKey) => `${consumer} ${recordId}`;

const groups: readonly [Group, ...Group[]] = ['shipping-service', 'email-service', 'sales-service'];

function keyOf({ consumer, recordId }: Item): LetterKey {
  return { consumer: consumer?.S ?? '', recordId: recordId?.S ?? '' };
}

function findConsumer(group: string) {
  const name = groups.find((known) => known === group);
  if (name === undefined) return 'unknown';
  return {
    functionArn: `arn:aws:lambda:us-east-1:000000000000:function:${GROUPS[name]}`,
    eventSourceArn: 'arn:aws:kafka:orders',
    partialResponses: true,
  };
}
