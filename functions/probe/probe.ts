/**
 * A probe is a record that tells its consumer how to behave, so that what an event source mapping makes of that behaviour
 * can be seen. Its type is none of an order's: the other consumers of the topic skip it.
 *
 *     header ce_type = orderly.probe      header probe-bytes = any text
 *     value  = {"run": "...", "case": "...", "n": 0, "script": ["fail", "ok"]}
 *
 * `script` has an action for the first attempt, the second and so on; the last one stands for all that follow.
 */
import { type DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { OrderlyError } from '../errors.ts';

/**
 * What a record wants of the invocation that it is in: to be handled, to be named as a batch item failure, an error of
 * the function, the end of its process, or an answer that no mapping can read.
 */
const Action = z.enum(['ok', 'fail', 'throw', 'exit', 'malformed']);
type Action = z.infer<typeof Action>;

const Value = z.object({
  run: z.string(),
  case: z.string(),
  n: z.int(),
  script: z.array(Action).min(1),
});

/** A Kafka event as far as probes look at it: bytes of headers as Lambda spells them. */
const ProbeEvent = z.looseObject({
  records: z.record(
    z.string(),
    z.array(
      z.object({
        offset: z.int(),
        value: z.string().nullish(),
        headers: z.array(z.record(z.string(), z.array(z.number()))).nullish(),
      }),
    ),
  ),
});

/** A probe and where it lies. */
interface Probe extends z.infer<typeof Value> {
  /** `<topic>-<partition>`. */
  readonly partition: string;
  readonly offset: number;
  /** The bytes of the header `probe-bytes`, as the event has them. */
  readonly bytes: readonly number[] | undefined;
}

/** The probes of a batch with the names of the event's fields; other records are none. */
function probesIn(event: unknown): {
  readonly fields: readonly string[];
  readonly probes: readonly Probe[];
} {
  const parsed = ProbeEvent.parse(event);
  const probes = Object.entries(parsed.records).flatMap(([partition, records]) =>
    records.flatMap(({ offset, value, headers }) => {
      const header = (name: string) => headers?.find((each) => name in each)?.[name];
      const type = Buffer.from(header('ce_type') ?? []).toString('utf8');
      if (type !== 'orderly.probe') return [];
      const script = Value.parse(JSON.parse(Buffer.from(value ?? '', 'base64').toString('utf8')));
      return [{ ...script, partition, offset, bytes: header('probe-bytes') }];
    }),
  );
  return { fields: Object.keys(parsed).sort(), probes };
}

/** The action of an attempt; attempts count from 1. */
function actionOf({ script }: Pick<Probe, 'script'>, attempt: number): Action {
  return script[Math.min(attempt, script.length) - 1] ?? 'ok';
}

/** A record of an invocation, as it was seen. */
interface SeenRecord {
  readonly n: number;
  readonly offset: number;
  /** Counts from 1. */
  readonly attempt: number;
  readonly bytes: readonly number[] | undefined;
}

/** What one invocation was given of a case. */
export interface Seen {
  readonly run: string;
  readonly case: string;
  readonly requestId: string;
  /** ISO 8601. */
  readonly at: string;
  /** Names of the event's fields. */
  readonly fields: readonly string[];
  readonly records: readonly SeenRecord[];
}

export interface ProbePorts {
  /** Counts the attempts of a record; answers which one this is. */
  attempt(probe: Pick<Probe, 'run' | 'case' | 'n'>): Promise<number>;
  note(seen: Seen): Promise<void>;
  now(): Date;
  /** Ends the process. */
  exit(): never;
}

export type ProbeHandler = (
  event: unknown,
  requestId: string,
) => Promise<{ batchItemFailures: readonly object[] }>;

/**
 * A consumer that does what its records say, after it has written down what it was given.
 *
 * @throws {OrderlyError} `PROBE_THROWS`, where a record wants it.
 */
export function probeHandler({ attempt, note, now, exit }: ProbePorts): ProbeHandler {
  return async (event, requestId) => {
    const { fields, probes } = probesIn(event);
    const tried = await Promise.all(probes.map(async (probe) => ({ probe, attempt: await attempt(probe) })));
    const at = now().toISOString();
    for (const [, own = []] of Map.groupBy(tried, ({ probe }) => `${probe.run} ${probe.case}`)) {
      const [first] = own;
      if (first === undefined) continue;
      const { run, case: name } = first.probe;
      const records = own.map(({ probe: { n, offset, bytes }, attempt }) => ({ n, offset, attempt, bytes }));
      await note({ run, case: name, requestId, at, fields, records });
    }

    const wanted = tried.map(({ probe, attempt }) => ({ probe, action: actionOf(probe, attempt) }));
    const wants = (action: Action) => wanted.some((each) => each.action === action);
    if (wants('exit')) exit();
    if (wants('throw')) throw new OrderlyError('PROBE_THROWS', 'a probe wants an error');
    if (wants('malformed')) return { batchItemFailures: [{ itemIdentifier: 'no identifier' }] as const };
    return {
      batchItemFailures: wanted
        .filter(({ action }) => action === 'fail')
        .map(({ probe: { partition, offset } }) => ({ itemIdentifier: { partition, offset } })),
    };
  };
}

const KEPT_SECONDS = 7 * 86_400;

/**
 * The table of probes, whose rows DynamoDB drops after a week:
 *
 *     run S   what S = attempt#<case>#<n>                   attempts N
 *     run S   what S = seen#<case>#<time>#<request id>      seen S: what the invocation was given, as JSON
 */
export function probesTable(
  client: DynamoDBClient,
  tableName: string,
  now: () => Date,
): Pick<ProbePorts, 'attempt' | 'note'> {
  const expiresAt = () => ({ N: String(Math.ceil(now().getTime() / 1000) + KEPT_SECONDS) });
  return {
    async attempt({ run, case: name, n }) {
      const { Attributes } = await client.send(
        new UpdateItemCommand({
          TableName: tableName,
          Key: { run: { S: run }, what: { S: `attempt#${name}#${n}` } },
          UpdateExpression: 'ADD attempts :one SET expiresAt = :expiresAt',
          ExpressionAttributeValues: { ':one': { N: '1' }, ':expiresAt': expiresAt() },
          ReturnValues: 'ALL_NEW',
        }),
      );
      return Number(Attributes?.attempts?.N);
    },
    async note(seen) {
      await client.send(
        new PutItemCommand({
          TableName: tableName,
          Item: {
            run: { S: seen.run },
            what: { S: `seen#${seen.case}#${seen.at}#${seen.requestId}` },
            seen: { S: JSON.stringify(seen) },
            expiresAt: expiresAt(),
          },
        }),
      );
    },
  };
}
