/** The processes of functions, as they show themselves in their requests: the SDK tells a name that is put in its environment. */
const NAMED = /\bapp\/(\d+)/;

/** What a function's environment needs for its requests to tell their process. */
export const TELLS_PID = '--import=data:text/javascript,process.env.AWS_SDK_UA_APP_ID=String(process.pid)';

/** The process that a request came from; NaN if it doesn't say. */
export function pidOf(userAgent: string): number {
  return Number(NAMED.exec(userAgent)?.[1] ?? Number.NaN);
}

/** Sends a signal; a process that is gone already is no error. */
export function signal(pid: number, what: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, what);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
