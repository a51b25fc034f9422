/** Names one run over the dead letters among all of them; as text, ids sort by the time they began. */
export type RunId = string & { readonly __brand: 'RunId' };

/** The run that begins now: `2026-03-01T12:00:00.000Z-1a2b3c4d`. `random` has eight characters or more. */
export function newRunId(now: Date, random: string): RunId {
  return `${now.toISOString()}-${random.slice(0, 8)}` as RunId;
}
