/** The invariants, by the ids of the list that the suite covers. */
export type InvariantId =
  | 'I1'
  | 'I2'
  | 'I3'
  | 'I4'
  | 'I5'
  | 'I6'
  | 'I7'
  | 'commute'
  | 'I9'
  | 'I10'
  | 'I11'
  | 'I12'
  | 'I13'
  | 'I14'
  | 'I15';

/** An invariant that doesn't hold, and how that shows. */
export interface Violation {
  readonly id: InvariantId;
  readonly text: string;
}
