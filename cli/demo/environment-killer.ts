/** Kills one environment of a function with SIGKILL, in the middle of an invocation. */
export interface EnvironmentKiller {
  /** From now on the next invocation of the function is the victim. */
  arm(): void;
  /** How many environments were killed: 0 or 1. */
  killed(): number;
  /** To be told of every invocation as it begins. */
  onInvocation(functionName: string, requestId: string, pid: number): void;
}

/** A killer for the function that `isVictim` names. */
export function environmentKiller(isVictim: (functionName: string) => boolean): EnvironmentKiller {
  let [armed, killed] = [false, 0];
  return {
    arm() {
      armed = killed === 0;
    },
    killed: () => killed,
    onInvocation(functionName, _requestId, pid) {
      if (!armed || !isVictim(functionName)) return;
      armed = false;
      process.kill(pid, 'SIGKILL');
      killed++;
    },
  };
}
