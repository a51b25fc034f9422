import type { Fault } from '../checker/observation.ts';

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
