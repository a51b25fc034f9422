import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  paginateQuery,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { z } from 'zod';
import { LETTER_REASONS } from '../../functions/dead-letters/letter.ts';
import { L, M, MapOf, N, S } from './attributes.ts';
import type { Audit, AuditedRun, Counts, ReplayLimits } from './audit.ts';
import { AUDIT } from './letter-filter.ts';
import type { RunId } from './run-id.ts';
import type { Selection } from './selection.ts';

const Id = S.transform((id) => id as RunId);

const Row = z
  .object({
    recordId: Id,
    action: S.pipe(z.enum(['replay', 'discard'])),
    who: S,
    why: S,
    selection: M({
      consumer: S.optional(),
      reasons: L(S.pipe(z.enum(LETTER_REASONS))),
      since: S.optional(),
      until: S.optional(),
      keys: L(M({ consumer: S, recordId: S })),
    }),
    limits: M({ rate: N, cap: N, maxAgeMs: N }).optional(),
    resumes: L(Id),
    startedAt: S,
    updatedAt: S,
    ended: S.pipe(z.enum(['finished', 'interrupted', 'failed'])).optional(),
    counts: MapOf(N),
  })
  .transform(({ recordId, ...run }): AuditedRun => ({ runId: recordId, ...run }));

/** Runs as rows of the table `DeadLetters`, under a partition key that no consumer has. */
export function auditTable(client: DynamoDBClient, tableName: string): Audit {
  return {
    async begin(run) {
      const put = new PutItemCommand({
        TableName: tableName,
        Item: itemOf(run),
        ConditionExpression: 'attribute_not_exists(recordId)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      try {
        await client.send(put);
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException) || !isSame(error.Item, run)) throw error;
      }
    },
    async note({ runId, counts, updatedAt, ended }) {
      await client.send(
        new UpdateItemCommand({
          TableName: tableName,
          Key: { consumer: { S: AUDIT }, recordId: { S: runId } },
          UpdateExpression: `SET #counts = :counts, #updatedAt = :updatedAt${ended === undefined ? '' : ', #ended = :ended'}`,
          ConditionExpression: 'attribute_exists(recordId)',
          ExpressionAttributeNames: {
            '#counts': 'counts',
            '#updatedAt': 'updatedAt',
            ...(ended !== undefined && { '#ended': 'ended' }),
          },
          ExpressionAttributeValues: {
            ':counts': countsOf(counts),
            ':updatedAt': { S: updatedAt },
            ...(ended !== undefined && { ':ended': { S: ended } }),
          },
        }),
      );
    },
    async runs() {
      const query = {
        TableName: tableName,
        ConsistentRead: true,
        ScanIndexForward: false,
        KeyConditionExpression: 'consumer = :audit',
        ExpressionAttributeValues: { ':audit': { S: AUDIT } },
      };
      const runs: AuditedRun[] = [];
      for await (const { Items = [] } of paginateQuery({ client }, query)) {
        runs.push(...Items.map((item) => Row.parse(item)));
      }
      return runs;
    },
  };
}

/** A put whose answer was lost is sent again, and meets itself. */
function isSame(item: Record<string, AttributeValue> | undefined, { who, startedAt }: AuditedRun): boolean {
  return item?.who?.S === who && item.startedAt?.S === startedAt;
}

function itemOf(run: AuditedRun): Record<string, AttributeValue> {
  const { runId, action, who, why, selection, limits, resumes, startedAt, updatedAt, counts } = run;
  return {
    consumer: { S: AUDIT },
    recordId: { S: runId },
    action: { S: action },
    who: { S: who },
    why: { S: why },
    selection: selectionOf(selection),
    ...(limits && { limits: limitsOf(limits) }),
    resumes: { L: resumes.map((id) => ({ S: id })) },
    startedAt: { S: startedAt },
    updatedAt: { S: updatedAt },
    counts: countsOf(counts),
  };
}

function selectionOf({ consumer, reasons, since, until, keys }: Selection): AttributeValue {
  return {
    M: {
      ...(consumer !== undefined && { consumer: { S: consumer } }),
      reasons: { L: reasons.map((reason) => ({ S: reason })) },
      ...(since !== undefined && { since: { S: since } }),
      ...(until !== undefined && { until: { S: until } }),
      keys: {
        L: keys.map((key) => ({ M: { consumer: { S: key.consumer }, recordId: { S: key.recordId } } })),
      },
    },
  };
}

function limitsOf({ rate, cap, maxAgeMs }: ReplayLimits): AttributeValue {
  return { M: { rate: { N: `${rate}` }, cap: { N: `${cap}` }, maxAgeMs: { N: `${maxAgeMs}` } } };
}

function countsOf(counts: Counts): AttributeValue {
  return {
    M: Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, { N: String(count) }])),
  };
}
