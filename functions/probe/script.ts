/**
 * A probe is a record that tells its consumer how to behave, so that what an event source mapping makes of that behaviour
 * can be seen. Its type is none of an order's: the other consumers of the topic skip it.
 *
 *     header ce_type = orderly.probe      header probe-bytes = any text
 *     value  = {"run": "...", "case": "...", "n": 0, "script": ["fail", "ok"]}
 *
 * `script` has an action for the first attempt, the second and so on; the last one stands for all that follow.
 */
import * as z from 'zod';

/**
 * What a record wants of the invocation that it is in: to be handled, to be named as a batch item failure, an error of
 * the function, the end of its process, or an answer that no mapping can read.
 */
const Action = z.enum(['ok', 'fail', 'throw', 'exit', 'malformed']);
export type Action = z.infer<typeof Action>;

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
export interface Probe extends z.infer<typeof Value> {
  /** `<topic>-<partition>`. */
  readonly partition: string;
  readonly offset: number;
  /** The bytes of the header `probe-bytes`, as the event has them. */
  readonly bytes: readonly number[] | undefined;
}

/** The probes of a batch with the names of the event's fields; other records are none. */
export function probesIn(event: unknown): {
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
export function actionOf({ script }: Pick<Probe, 'script'>, attempt: number): Action {
  return script[Math.min(attempt, script.length) - 1] ?? 'ok';
}
