import { z } from 'zod';
import { kafkaRecord, partitionKey } from '../../local/event-sources/kafka/event.ts';
import type { Chance } from './chance.ts';
import type { Item } from './dynamodb/values.ts';
import type { History } from './history.ts';
import type { Topic, TopicRecord } from './kafka/topic.ts';
import type { LambdaHost } from './lambda/host.ts';
import { GROUPS, type Group } from './names.ts';
import type { Scheduler } from './scheduler.ts';

export interface OperatorPorts {
  readonly clock: Scheduler;
  readonly random: Chance;
  readonly history: History;
  readonly lambda: LambdaHost;
  readonly topic: Topic;
  readonly letters: Topic;
  /** How much of a partition a group has handled. */
  readonly handled: (group: Group, partition: number) => number;
  /** What the consumers' table of dead letters holds now. */
  readonly deadLetters: () => readonly Item[];
}

/** Longest that anything waits for the operator. */
const PATIENCE_MS = 10 * 60_000;

const envelope = z.object({
  requestContext: z.object({ functionArn: z.string() }),
  payload: z.object({ records: z.record(z.string(), z.array(z.unknown())) }),
});
const answer = z.object({ batchItemFailures: z.array(z.unknown()) });

/**
 * Somebody who replays records to one consumer: everything that Lambda gave up, until the consumer has taken it, and now
 * and then what is in the dead letters, or was handled long ago.
 */
export function startOperator(replays: number, duration: number, ports: OperatorPorts): void {
  const { clock, random, history, lambda, topic, letters, handled, deadLetters } = ports;
  let runs = 0;

  function replay(group: Group, records: unknown, done: (isTaken: boolean) => void): void {
    const runId = `run-${++runs}`;
    history.note({ what: 'world', note: `the operator replays to ${group} (${runId})` });
    lambda.invoke(GROUPS[group], JSON.stringify({ records, replay: { runId } }), (result) => {
      const isTaken =
        result.kind === 'success' &&
        answer.parse(JSON.parse(Buffer.from(result.payload).toString())).batchItemFailures.length === 0;
      done(isTaken);
    });
  }

  function replayUntilTaken(group: Group, records: unknown): void {
    clock.after(random.int(1_000, PATIENCE_MS), () =>
      replay(group, records, (isTaken) => {
        if (!isTaken || random.hits(0.2)) replayUntilTaken(group, records);
      }),
    );
  }

  letters.onAppend((_partition, { value }) => {
    const { requestContext, payload } = envelope.parse(JSON.parse(String(value)));
    const group = groups.find((name) => requestContext.functionArn.includes(`:function:${GROUPS[name]}:`));
    if (group !== undefined) replayUntilTaken(group, payload.records);
  });

  /** A letter, to the consumer whose it is, or a record that a consumer has handled. */
  function replaySomething(): void {
    const all = deadLetters();
    const letter = all[random.int(0, Math.max(0, all.length - 1))];
    if (letter !== undefined && random.hits(0.5)) {
      const group = groups.find((name) => name === letter.consumer?.S);
      const partition = Number(letter.partition?.N);
      if (group !== undefined)
        replay(group, eventRecords(topic, partition, recordOf(letter)), () => undefined);
      return;
    }
    const group = random.pick(groups);
    const partition = random.int(0, topic.partitions.length - 1);
    const record = topic.partitions[partition]?.[random.int(0, handled(group, partition)) - 1];
    if (record !== undefined) replay(group, eventRecords(topic, partition, record), () => undefined);
  }
  for (let n = 0; n < replays; n += 1) clock.after(random.int(0, duration + PATIENCE_MS), replaySomething);
}

const groups: readonly [Group, Group] = ['shipping-service', 'email-service'];

function eventRecords(topic: Topic, partition: number, record: TopicRecord): unknown {
  const { offset, timestamp, key, value, headers } = record;
  const message = {
    key,
    value,
    headers,
    offset: String(offset),
    timestamp: String(timestamp),
    attributes: 0,
  };
  return {
    [partitionKey(topic.name, partition)]: [JSON.parse(kafkaRecord(topic.name, partition, message).json)],
  };
}

/** A record from the bytes of its letter. */
function recordOf({ offset, timestamp, key, value, headers }: Item): TopicRecord {
  const all: Record<string, Buffer[]> = {};
  for (const { M: header } of headers?.L ?? []) {
    const name = header?.name?.S ?? '';
    all[name] = [...(all[name] ?? []), Buffer.from(header?.value?.B ?? [])];
  }
  return {
    offset: Number(offset?.N),
    timestamp: Number(timestamp?.N),
    key: key?.B === undefined ? null : Buffer.from(key.B),
    value: value?.B === undefined ? null : Buffer.from(value.B),
    headers: all,
  };
}
