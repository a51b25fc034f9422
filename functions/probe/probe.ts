import { OrderlyError } from '../errors.ts';
import { type Action, actionOf, type Probe, probesIn } from './script.ts';

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
