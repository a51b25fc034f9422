/**
 * Parts in the wrong, each against an invariant: a simulated world with one of them must be found out. They show that the
 * checker can see what it is there to see.
 */
import type { InvariantId } from './checker/violation.ts';
import type { Defect } from './defect.ts';

export interface KnownDefect {
  readonly name: string;
  /** What is found, by the invariant that says so. */
  readonly breaks: InvariantId;
  /** A world without this is no place to see it. */
  readonly defect: Defect;
}

const never = async () => undefined;

export const DEFECTS: readonly KnownDefect[] = [
];
