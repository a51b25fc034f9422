/** Why a command is asked to end: a signal. */
export class Interrupted extends Error {
  /** 128 and the signal's number, as shells report it. */
  readonly exitCode: number;
  constructor(signal: Ending) {
    super(`interrupted by ${signal}`);
    this.name = 'Interrupted';
    this.exitCode = EXIT_CODES[signal];
  }
}

const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
type Ending = keyof typeof EXIT_CODES;

/**
 * Aborts with an `Interrupted` at the first SIGINT, SIGTERM or SIGHUP, so that a command can put away what it started.
 * The second one ends the process at once; its children die with it.
 */
export function interruption(say: (text: string) => void): AbortSignal {
  const controller = new AbortController();
  for (const signal of Object.keys(EXIT_CODES) as Ending[]) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(EXIT_CODES[signal]);
      say('stopping; once more to leave at once');
      controller.abort(new Interrupted(signal));
    });
  }
  return controller.signal;
}

/** The work's result, or the interruption, whichever is first; what becomes of the work then is nobody's concern. */
export async function unlessInterrupted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const settled = new AbortController();
  const interrupted = new Promise<never>((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { signal: settled.signal });
  });
  try {
    return await Promise.race([interrupted, work]);
  } finally {
    settled.abort();
  }
}
