import { z } from 'zod';
import type { Evidence } from '../evidence.ts';
import type { TopicRecord } from '../kafka/topic.ts';
import { GROUPS, type Group } from '../names.ts';

const envelope = z.object({
  requestContext: z.object({ functionArn: z.string() }),
  payload: z.object({
    records: z.record(
      z.string(),
      z.array(z.object({ partition: z.number(), offset: z.number(), timestamp: z.number() })),
    ),
  }),
});

/** A record that Lambda gave up, and for whom. */
export interface GivenUp {
  readonly group: Group;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
}

const groups = Object.keys(GROUPS) as Group[];

/** The records that a message on the topic of dead letters tells of. */
export function givenUpIn({ value }: TopicRecord): GivenUp[] {
  const { requestContext, payload } = envelope.parse(JSON.parse(String(value)));
  const group = groups.find((name) => requestContext.functionArn.includes(`:function:${GROUPS[name]}:`));
  if (group === undefined) return [];
  return Object.values(payload.records)
    .flat()
    .map((record) => ({ group, ...record }));
}

/** The records that Lambda gave up for a group, by `<partition>@<offset>`. */
export function givenUp({ letters }: Evidence, group: Group): ReadonlySet<string> {
  const records = letters.partitions.flat().flatMap(givenUpIn);
  return new Set(
    records.filter((one) => one.group === group).map(({ partition, offset }) => `${partition}@${offset}`),
  );
}

/** Whether there is a letter of a consumer for a record. */
export function isDeadLetter(
  { tables, topic }: Evidence,
  group: Group,
  partition: number,
  { offset, timestamp }: { readonly offset: number; readonly timestamp: number },
): boolean {
  const recordId = `${topic.name}-${partition}@${offset}#${timestamp}`;
  return tables.deadLetters.get({ consumer: { S: group }, recordId: { S: recordId } }) !== undefined;
}
