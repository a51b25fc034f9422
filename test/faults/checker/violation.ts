import type { InvariantId, Violation } from '../../support/invariants.ts';

/** A violation for each of these. */
export function violationsOf<T>(
  id: InvariantId,
  these: Iterable<T>,
  tell: (one: T) => string,
): readonly Violation[] {
  return [...these].map((one) => ({ id, text: tell(one) }));
}
