/**
 * Who replayed or discarded what, when and why: the rows of runs, in the table of the letters under a partition key that no
 * consumer has.
 */
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
import { theOne } from '../../local/cli/the-one.ts';
import { attributesOf, L, M, MapOf, N, S } from '../attributes.ts';
import { ORDERLY } from '../command-line.ts';
import { OrderSystemError } from '../errors.ts';
import { AUDIT, type Selection } from './letters-table.ts';
import type { RunId } from './transitions.ts';

/** What a run did with letters, by what became of them. */
export type Counts = Readonly<Record<string, number>>;

/** What an operator allows a replay. */
export interface ReplayLimits {
  /** Letters a second, at most. */
  readonly rate: number;
  /** A letter whose replays have come to this number is parked. */
  readonly cap: number;
  /** Records older than this, in milliseconds, stay. */
  readonly maxAgeMs: number;
}

/** What is known of a run over the dead letters when it begins. */
export interface Run {
  readonly runId: RunId;
  readonly action: 'replay' | 'discard';
  /** `user@host`. */
  readonly who: string;
  /** The operator's own words. */
  readonly why: string;
  readonly selection: Selection;
  readonly limits?: ReplayLimits | undefined;
  /** The run that it goes on with, and those which that one went on with. */
  readonly resumes: readonly RunId[];
  /** ISO 8601. */
  readonly startedAt: string;
}

/** A run that replays. */
export type ReplayRun = Run & { readonly action: 'replay'; readonly limits: ReplayLimits };

/** What is known of a run since. */
export interface AuditedRun extends Run {
  /** ISO 8601. */
  readonly updatedAt: string;
  /** `undefined`: it is at work, or was killed. */
  readonly ended?: 'finished' | 'interrupted' | 'failed' | undefined;
  readonly counts: Counts;
}

/** Where runs are written down. */
export interface Audit {
  /** Rejects where a run of this id is known already: then nothing may be done under it. */
  begin(run: AuditedRun): Promise<void>;
  /** Notes how far a run has come, or how it ended. */
  note(progress: Pick<AuditedRun, 'runId' | 'counts' | 'updatedAt' | 'ended'>): Promise<void>;
  /** All runs, the newest first. */
  runs(): Promise<readonly AuditedRun[]>;
}

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

/** The audit in the table `DeadLetters`. */
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
      const update = new UpdateItemCommand({
        TableName: tableName,
        Key: attributesOf({ consumer: AUDIT, recordId: runId }),
        UpdateExpression: `SET #counts = :counts, #updatedAt = :updatedAt${ended === undefined ? '' : ', #ended = :ended'}`,
        ConditionExpression: 'attribute_exists(recordId)',
        ExpressionAttributeNames: {
          '#counts': 'counts',
          '#updatedAt': 'updatedAt',
          ...(ended !== undefined && { '#ended': 'ended' }),
        },
        ExpressionAttributeValues: attributesOf({
          ':counts': counts,
          ':updatedAt': updatedAt,
          ':ended': ended,
        }),
      });
      await client.send(update);
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
  const { consumer, reasons = [], since, until, keys = [] } = selection;
  const named = keys.map((key) => ({ consumer: key.consumer, recordId: key.recordId }));
  return attributesOf({
    consumer: AUDIT,
    recordId: runId,
    action,
    who,
    why,
    selection: { consumer, reasons, since, until, keys: named },
    limits: limits && { ...limits },
    resumes,
    startedAt,
    updatedAt,
    counts,
  });
}

/** The replay that a word means: its run id or a part of one. Throws `RUN_NOT_FOUND`, also for one that has finished, or `RUN_AMBIGUOUS`. */
export async function resumedRun(audit: Audit, word: string): Promise<ReplayRun> {
  const runs = await audit.runs();
  const choice = theOne(runs, word, ({ runId }) => [runId]);
  if (choice.kind === 'one') return unfinished(choice.item);
  if (choice.kind === 'several') throw refused('RUN_AMBIGUOUS', `${word} may be several runs`, choice.items);
  throw refused('RUN_NOT_FOUND', `there is no run ${word}`, runs);
}

function unfinished(run: AuditedRun): ReplayRun {
  const { runId, action, limits, ended } = run;
  if (action !== 'replay' || limits === undefined)
    throw refused('RUN_NOT_FOUND', `run ${runId} was no replay`, []);
  if (ended === 'finished') throw refused('RUN_NOT_FOUND', `run ${runId} has finished`, []);
  return { ...run, action, limits };
}

function refused(
  code: 'RUN_NOT_FOUND' | 'RUN_AMBIGUOUS',
  message: string,
  runs: readonly AuditedRun[],
): OrderSystemError {
  const candidates = runs.filter(({ ended }) => ended !== 'finished');
  return new OrderSystemError(code, message, {
    remedy:
      candidates.length === 0
        ? [`${ORDERLY} dead-letters runs lists them; without --resume a new one begins.`]
        : ['Name one of these:', ...candidates.map(({ runId }) => runId)],
  });
}
