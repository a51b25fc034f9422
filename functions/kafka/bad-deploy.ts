import { type Outcome, retry } from './outcome.ts';

/** A batch with fewer unexpected exceptions says nothing about the code: they may be its records' own. */
const AT_LEAST = 20;

/**
 * The outcomes of a batch, unless its unexpected exceptions accuse the code rather than the records.
 *
 * At least 20 of them, and more than half of the batch: a deployment went wrong, and its records are to be delivered
 * again until it is rolled back. Records that can't be parsed or break a rule don't count; they would have failed anyway.
 */
export function spareBadDeploy<Key>(outcomes: ReadonlyMap<Key, Outcome>): ReadonlyMap<Key, Outcome> {
  const unexpected = [...outcomes.values()].filter(isUnexpected).length;
  if (unexpected < AT_LEAST || unexpected * 2 <= outcomes.size) return outcomes;
  return new Map(
    [...outcomes].map(([key, outcome]) => [
      key,
      isUnexpected(outcome) ? retry(`BAD_DEPLOY/${outcome.error.code}`) : outcome,
    ]),
  );
}

function isUnexpected(outcome: Outcome): outcome is Extract<Outcome, { kind: 'dead-letter' }> {
  return outcome.kind === 'dead-letter' && outcome.reason === 'unexpected';
}
