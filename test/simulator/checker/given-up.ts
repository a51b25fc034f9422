import { z } from 'zod';
import type { Evidence } from '../evidence.ts';
import { GROUPS, type Group } from '../names.ts';

const envelope = z.object({
  requestContext: z.object({ functionArn: z.string() }),
  payload: z.object({
    records: z.record(z.string(), z.array(z.object({ partition: z.number(), offset: z.number() }))),
  }),
});

/** The records that Lambda gave up for a group, by `<partition>@<offset>`, from the letters on the topic of dead letters. */
export function givenUp({ letters }: Evidence, group: Group): ReadonlySet<string> {
  const records = letters.partitions.flat().flatMap(({ value }) => {
    const { requestContext, payload } = envelope.parse(JSON.parse(String(value)));
    if (!requestContext.functionArn.includes(`:function:${GROUPS[group]}:`)) return [];
    return Object.values(payload.records).flat();
  });
  return new Set(records.map(({ partition, offset }) => `${partition}@${offset}`));
}

/** Whether a consumer wrote a letter for a record. */
export function isDeadLetter(
  { tables, topic }: Evidence,
  group: Group,
  partition: number,
  { offset, timestamp }: { readonly offset: number; readonly timestamp: number },
): boolean {
  const recordId = `${topic.name}-${partition}@${offset}#${timestamp}`;
  return tables.deadLetters.get({ consumer: { S: group }, recordId: { S: recordId } }) !== undefined;
}
