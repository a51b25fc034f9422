/**
 * Whether a record is to blame for what it met, or rather the code, or the account with which effects are made.
 *
 * No count of failures tells a bad deployment from a bad record; what tells them apart is whether others get through. So an
 * exception that nobody expected makes a dead letter only on evidence that the same code works, and until there is any the
 * record is delivered again. A refusal of the world's is about its record, unless most of them are refused.
 *
 *     what the environment has seen              standing    an exception makes    a refusal makes
 *     enough effects, and few failures           healthy     a letter              a letter
 *     too little, or neither                     unknown     another delivery      a letter
 *     failures, more than effects                sick        another delivery      another delivery
 *
 * It is kept for the life of an environment, since one environment runs one deployment: what it sees is evidence about the
 * code that it runs. What it can't see is other environments. A record that fails in a new one waits, and its partition with
 * it, until it comes to an environment where others have got through: seconds or minutes while other partitions have traffic. If
 * there is none, or Lambda brings it to the same idle environment each time, it is delivered again for as long as a bad
 * deployment is borne, and is then Lambda's to give up.
 */
import { recordIdOf } from '../dead-letters/letter.ts';
import type { KafkaRecord } from './decode.ts';
import { type Outcome, withheld } from './outcome.ts';

type Outcomes = ReadonlyMap<KafkaRecord, Outcome>;

export interface Suspicion {
  /** An invocation begins: of what was seen before it, the newest stays. */
  begin(): void;
  /**
   * What came of the records of this invocation, unless code or account are suspected: then what they met counts as passing,
   * with codes `BAD_DEPLOY/…` and `ACCOUNT_SUSPECTED/…`. Records that break the contract are never spared.
   */
  judge(outcomes: Outcomes): Outcomes;
}

/** How many records of earlier invocations are remembered: the fewer, the sooner it is seen that what worked doesn't any more. */
const REMEMBERED = 20;
/** Effects that say something about the code. */
const ENOUGH_EFFECTS = 5;
/**
 * For one failure. More would rather leave a deployment that throws on a tenth to stand still, with each partition waiting for
 * evidence that only the others could bring: test/simulator/deployments.test.ts.
 */
const EFFECTS_PER_FAILURE = 2;
/** Failures that say something about the account. */
const ENOUGH_FAILURES = 5;

export function suspicion(): Suspicion {
  /**
   * By what the records are about, the last one seen at the end. A record that fails again is no further evidence; neither
   * are its copies, as a relay or a producer makes them by publishing again, nor what else happened to the same order.
   */
  const seen = new Map<string, 'effect' | 'failure'>();

  function remember(record: KafkaRecord, outcome: Outcome): void {
    const what = evidenceOf(outcome);
    if (what === undefined) return;
    const subject = subjectOf(record);
    seen.delete(subject);
    seen.set(subject, what);
  }

  return {
    begin() {
      for (const subject of [...seen.keys()].slice(0, -REMEMBERED)) seen.delete(subject);
    },
    judge(outcomes) {
      for (const [record, outcome] of outcomes) remember(record, outcome);
      const standing = standingOf([...seen.values()]);
      return new Map([...outcomes].map(([record, outcome]) => [record, spared(outcome, standing)]));
    },
  };
}

/** The record's key, which is an order's id; itself, where it has none. */
function subjectOf(record: KafkaRecord): string {
  return record.key === null
    ? recordIdOf(record)
    : `${record.topic} ${Buffer.from(record.key).toString('hex')}`;
}

/** A duplicate says nothing: its effect may be of the deployment before. */
function evidenceOf(outcome: Outcome): 'effect' | 'failure' | undefined {
  switch (outcome.kind) {
    case 'done':
      return 'effect';
    case 'dead-letter':
      return outcome.reason === 'unexpected' || outcome.reason === 'refused' ? 'failure' : undefined;
    case 'duplicate':
    case 'skipped':
    case 'retry':
      return undefined;
  }
}

type Standing = 'healthy' | 'unknown' | 'sick';

function standingOf(seen: readonly ('effect' | 'failure')[]): Standing {
  const failures = seen.filter((what) => what === 'failure').length;
  const effects = seen.length - failures;
  if (effects >= ENOUGH_EFFECTS && effects >= failures * EFFECTS_PER_FAILURE) return 'healthy';
  return failures >= ENOUGH_FAILURES && failures > effects ? 'sick' : 'unknown';
}

function spared(outcome: Outcome, standing: Standing): Outcome {
  if (outcome.kind !== 'dead-letter') return outcome;
  const { reason, error } = outcome;
  if (reason === 'unexpected' && standing !== 'healthy')
    return withheld('suspicion', `BAD_DEPLOY/${error.code}`);
  if (reason === 'refused' && standing === 'sick')
    return withheld('suspicion', `ACCOUNT_SUSPECTED/${error.code}`);
  return outcome;
}
