import type { AttributeValue, UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import { HISTORY_LIMIT } from '../../functions/dead-letters/letter.ts';
import type { Change, LetterState } from './letter-state.ts';

/** Whether the history has room for one entry more, or its last one makes way. */
export type HistoryRoom = 'append' | 'replace-last';

/** The attributes of a state as they are stored; one that is not there is absent. */
const stored: Readonly<Record<keyof LetterState, (state: LetterState) => AttributeValue | undefined>> = {
  status: ({ status }) => ({ S: status }),
  version: ({ version }) => ({ N: String(version) }),
  replays: ({ replays }) => ({ N: String(replays) }),
  runId: ({ runId }) => (runId === undefined ? undefined : { S: runId }),
  reservedUntil: ({ reservedUntil }) =>
    reservedUntil === undefined ? undefined : { S: new Date(reservedUntil).toISOString() },
};

/** Attributes that a change writes. The version belongs to who gives a record up. */
const WRITTEN = ['status', 'replays', 'runId', 'reservedUntil'] as const;

/** The one conditional `UpdateItem` that makes a change, its history entry included. */
export function updateOf(
  { expected, next, note, at }: Change,
  history: HistoryRoom,
): Omit<UpdateItemCommandInput, 'TableName' | 'Key'> {
  const values: Record<string, AttributeValue> = {};
  const value = (name: string, content: AttributeValue): string => {
    values[`:${name}`] = content;
    return `:${name}`;
  };
  const removed = WRITTEN.filter((name) => stored[name](next) === undefined);
  const set = WRITTEN.flatMap((name) => {
    const content = stored[name](next);
    return content === undefined ? [] : [`#${name} = ${value(`next_${name}`, content)}`];
  });
  const entry: AttributeValue = {
    M: {
      at: { S: at.toISOString() },
      ...Object.fromEntries(Object.entries(note).map(([name, text]) => [name, { S: text }])),
    },
  };
  const append = history === 'append';
  const noted = append
    ? `#history = list_append(if_not_exists(#history, ${value('none', { L: [] })}), ${value('entry', { L: [entry] })})`
    : `#history[${HISTORY_LIMIT - 1}] = ${value('entry', entry)}`;

  const conditions = [
    `#status = ${value('status', { S: expected.status })}`,
    `#version = ${value('version', { N: String(expected.version) })}`,
    // The door to the dead letters writes no count of replays.
    `${expected.replays === 0 ? 'attribute_not_exists(#replays) OR ' : ''}#replays = ${value('replays', { N: String(expected.replays) })}`,
    expected.runId === undefined
      ? 'attribute_not_exists(#runId)'
      : `#runId = ${value('runId', { S: expected.runId })}`,
    ...(append
      ? [`attribute_not_exists(#history) OR size(#history) < ${value('limit', { N: String(HISTORY_LIMIT) })}`]
      : []),
  ];
  const remove = removed.length === 0 ? '' : ` REMOVE ${removed.map((name) => `#${name}`).join(', ')}`;
  return {
    UpdateExpression: `SET ${[...set, noted].join(', ')}${remove}`,
    ConditionExpression: conditions.map((condition) => `(${condition})`).join(' AND '),
    ExpressionAttributeNames: Object.fromEntries(
      [...WRITTEN, 'version', 'history'].map((name) => [`#${name}`, name]),
    ),
    ExpressionAttributeValues: values,
  };
}
