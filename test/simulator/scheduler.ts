import TinyQueue from 'tinyqueue';

/**
 * Virtual time. Everything that happens in a simulated world is an event of this queue; between two events all
 * microtasks run, so that production code has gone as far as it can before anything else happens.
 */
export interface Scheduler {
  /** Epoch milliseconds. */
  now(): number;
  /** Runs `what` after `ms`; events due at the same time run in the order in which they were asked for. */
  after(ms: number, what: () => void): Timer;
  /** As `after`, for what goes on for ever and keeps no world from being at rest. */
  background(ms: number, what: () => void): Timer;
  /** How many events are to come, `background` ones aside. */
  pending(): number;
  /** Runs events until `isDone`, which is asked after each of them, or until none is left or the next is after `deadline`. */
  run(isDone: () => boolean, deadline: number): Promise<void>;
}

export interface Timer {
  cancel(): void;
}

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly isBackground: boolean;
  /** Undefined once it has run or was cancelled. */
  what: (() => void) | undefined;
}

export function scheduler(start: number): Scheduler {
  const queue = new TinyQueue<Entry>([], (one, other) => one.at - other.at || one.order - other.order);
  let time = start;
  let order = 0;
  let pending = 0;

  function add(ms: number, what: () => void, isBackground: boolean): Timer {
    const entry: Entry = { at: time + Math.max(0, ms), order: order++, isBackground, what };
    queue.push(entry);
    if (!isBackground) pending += 1;
    return { cancel: () => void take(entry) };
  }

  function take(entry: Entry): (() => void) | undefined {
    const { what } = entry;
    entry.what = undefined;
    if (what !== undefined && !entry.isBackground) pending -= 1;
    return what;
  }

  return {
    now: () => time,
    after: (ms, what) => add(ms, what, false),
    background: (ms, what) => add(ms, what, true),
    pending: () => pending,
    async run(isDone, deadline) {
      for (let next = queue.peek(); next !== undefined && next.at <= deadline; next = queue.peek()) {
        queue.pop();
        const what = take(next);
        if (what === undefined) continue;
        time = next.at;
        what();
        await microtasks();
        if (isDone()) return;
      }
    },
  };
}

/** All microtasks run before the next macrotask does. */
function microtasks(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
