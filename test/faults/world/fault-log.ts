/** What no one did: a living process gave a request up, whether or not it had been answered by then. */
export const GIVEN_UP = 'given up';

/** Something that was broken on purpose, or was seen to break: `GIVEN_UP`. */
interface Fault {
  readonly at: number;
  readonly kind: string;
  /** The function or part that it struck. */
  readonly where: string;
  /** Processes that it struck. */
  readonly pids: readonly number[];
  /** Whether they are dead since. */
  readonly isDeath: boolean;
  readonly operation: string | undefined;
  /** Events that the request named. */
  readonly events: readonly string[];
}

/** Everything that was broken in a run, in the order in which it was. */
export interface FaultLog {
  readonly faults: readonly Fault[];
  note(fault: Pick<Fault, 'kind' | 'where'> & Partial<Fault>): void;
}

export function faultLog(): FaultLog {
  const faults: Fault[] = [];
  return {
    faults,
    note(fault) {
      faults.push({ at: Date.now(), pids: [], isDeath: false, operation: undefined, events: [], ...fault });
    },
  };
}
