import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { LetterReason, LetterStatus } from '../../functions/dead-letters/letter.ts';

/** The partition key of the rows that tell of runs; every other one is a consumer's. */
export const AUDIT = 'audit';

/** Which letters are read. What is absent leaves none out. */
export interface LetterFilter {
  readonly consumer?: string | undefined;
  readonly statuses?: readonly LetterStatus[] | undefined;
  readonly reasons?: readonly LetterReason[] | undefined;
  /** ISO 8601, inclusive, as `until`: when the record was dead-lettered last. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

interface FilterExpression {
  readonly FilterExpression?: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, AttributeValue>;
}

/** Everything but the consumer, which is the partition key; without a consumer, every row that is a letter. */
export function filterExpression(filter: LetterFilter): FilterExpression {
  const values: Record<string, AttributeValue> = {};
  const value = (name: string, text: string): string => {
    values[`:${name}`] = { S: text };
    return `:${name}`;
  };
  const oneOf = (attribute: string, choices: readonly string[] | undefined): string[] =>
    choices === undefined || choices.length === 0
      ? []
      : [`#${attribute} IN (${choices.map((choice, n) => value(`${attribute}${n}`, choice)).join(', ')})`];

  const { consumer, since, until } = filter;
  const clauses = [
    ...(consumer === undefined ? [`#consumer <> ${value('audit', AUDIT)}`] : []),
    ...oneOf('status', filter.statuses),
    ...oneOf('reason', filter.reasons),
    ...(since === undefined ? [] : [`#lastSeenAt >= ${value('since', since)}`]),
    ...(until === undefined ? [] : [`#lastSeenAt <= ${value('until', until)}`]),
  ];
  const names = ['consumer', 'status', 'reason', 'lastSeenAt'].filter((name) =>
    clauses.some((clause) => clause.startsWith(`#${name} `)),
  );
  return {
    ...(clauses.length > 0 && { FilterExpression: clauses.join(' AND '), ExpressionAttributeValues: values }),
    ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
  };
}
