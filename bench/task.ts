/**
 * A task that is measured in a process of its own, seen from both of its ends: the process gets it as its argument and
 * answers by a line on standard output.
 */
import { spawnGuarded } from '../local/processes/guarded.ts';

/** What the line of the result begins with; others write lines too, kafkajs and loggers among them. */
const RESULT = 'RESULT ';

export interface RunningTask<Result> {
  readonly pid: number;
  /** Rejects with what the process wrote last, if it ends without a result. */
  readonly result: Promise<Result>;
  /** Ends the process, which waits for that when it has told its result. */
  stop(): Promise<void>;
}

/** Starts the module `entry` with a task; `name` is what an error calls it. */
export function startTask<Result>(
  name: string,
  entry: string,
  task: object,
  env: Readonly<Record<string, string | undefined>>,
): RunningTask<Result> {
  const answer = Promise.withResolvers<Result>();
  // Whoever stops it before it has answered doesn't wait for the answer.
  answer.promise.catch(() => undefined);
  const said: string[] = [];
  const child = spawnGuarded(process.execPath, [entry, JSON.stringify(task)], {
    env,
    grace: 'kill',
    onOutput(line, stream) {
      if (stream === 'stdout' && line.startsWith(RESULT))
        answer.resolve(JSON.parse(line.slice(RESULT.length)));
      else said.push(line);
      if (said.length > 20) said.shift();
    },
  });
  void child.exited.then(() => answer.reject(new Error(`${name} ended by itself:\n${said.join('\n')}`)));
  return { pid: child.pid, result: answer.promise, stop: child.stop };
}

/** The task of this process. */
export function givenTask<Task>(): Task {
  return JSON.parse(process.argv[2] ?? '');
}

/** Answers the task of this process. */
export function tellResult(result: object): void {
  process.stdout.write(`${RESULT}${JSON.stringify(result)}\n`);
}
