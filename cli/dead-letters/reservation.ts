/**
 * How long a run holds a letter.
 *
 *     begin ──── throttled: ask again ────> Invoke ───── the function ─────> answered or given up ─────┐
 *       │ ◄──────── at most 60 s ────────────►│ ◄────────── at most 150 s ────────────►│              │
 *       │                                     LAST_CALL                                │    margin    │
 *       └─────────────────────────────── RESERVED: 300 s ──────────────────────────────┴──────────────┘
 *
 * The consumers of this app are ended after 120 s, so that no invocation outlives its reservation: a run that takes up
 * what another one left behind doesn't meet its last invocation. A run that was stopped for a while finds on waking
 * that its last call has passed and invokes nothing. All of this saves work, and none of it is needed for safety: a run
 * that wakes up too late fails on the run id, whatever the clocks say.
 */
export const RESERVED_MS = 300_000;

/** How long after the beginning a function may still be invoked. */
export const LAST_CALL_MS = 60_000;

/** How long an answer is waited for. */
export const ANSWER_WITHIN_MS = 150_000;
