import type { Scheduler, Timer } from './scheduler.ts';

/**
 * A process of the simulated world: an execution environment of Lambda. Production code runs in it as long as what it
 * awaits comes through `deliver`.
 *
 *     running ──kill──> dead      what it awaits never comes; what it has sent goes on
 *       │ ^
 *     freeze thaw                 what it awaits comes at the thaw, and its clock has jumped
 *       v │
 *     frozen
 */
export interface Process {
  readonly name: string;
  isDead(): boolean;
  isFrozen(): boolean;
  /** Times in which it stood still; `to` is undefined for its death. */
  readonly stops: readonly Stop[];
  /** Epoch milliseconds by its own clock, which may be off. */
  now(): number;
  /** Runs `what` now, at the thaw, or never. */
  deliver(what: () => void): void;
  /** As `deliver`, after `ms`. */
  after(ms: number, what: () => void): Timer;
  sleep(ms: number): Promise<void>;
  /** A signal that aborts after `ms`; waiting for it alone keeps no world from being at rest. */
  timeout(ms: number): AbortSignal;
  kill(): void;
  freeze(ms: number): void;
  /** What is to befall it when it is about to go on for the `deliveries`th time from now, 0 being the next. */
  doom(deliveries: number, befalls: () => void): void;
  /** Told once, when it dies. */
  onDeath(listener: () => void): void;
}

interface Stop {
  /** Epoch milliseconds. */
  readonly from: number;
  readonly to: number | undefined;
}

export interface ProcessOptions {
  readonly name: string;
  readonly clock: Scheduler;
  /** Milliseconds that its clock is ahead. */
  readonly skewMs: number;
  readonly note: (change: 'killed' | 'frozen' | 'thawed') => void;
}

export function simulatedProcess({ name, clock, skewMs, note }: ProcessOptions): Process {
  const deathListeners: (() => void)[] = [];
  let dead = false;
  const stops: Stop[] = [];
  let doom: { deliveries: number; readonly befalls: () => void } | undefined;
  /** What waits for the thaw. */
  let frozen: (() => void)[] | undefined;

  function deliver(what: () => void): void {
    if (doom !== undefined && doom.deliveries-- === 0) {
      const { befalls } = doom;
      doom = undefined;
      befalls();
    }
    if (dead) return;
    if (frozen === undefined) what();
    else frozen.push(what);
  }

  function thaw(): void {
    if (dead || frozen === undefined) return;
    const waiting = frozen;
    frozen = undefined;
    note('thawed');
    for (const what of waiting) clock.after(0, () => deliver(what));
  }

  return {
    name,
    isDead: () => dead,
    isFrozen: () => frozen !== undefined,
    stops,
    now: () => Math.floor(clock.now()) + skewMs,
    deliver,
    after: (ms, what) => clock.after(ms, () => deliver(what)),
    sleep: (ms) => new Promise((resolve) => clock.after(ms, () => deliver(resolve))),
    timeout(ms) {
      const controller = new AbortController();
      clock.background(ms, () => deliver(() => controller.abort()));
      return controller.signal;
    },
    kill() {
      if (dead) return;
      dead = true;
      stops.push({ from: clock.now(), to: undefined });
      note('killed');
      for (const listener of deathListeners) listener();
    },
    freeze(ms) {
      if (dead || frozen !== undefined) return;
      frozen = [];
      stops.push({ from: clock.now(), to: clock.now() + ms });
      note('frozen');
      clock.after(ms, thaw);
    },
    doom(deliveries, befalls) {
      doom = { deliveries, befalls };
    },
    onDeath: (listener) => void deathListeners.push(listener),
  };
}
