/**
 * Production code as a function over data: what it asks next follows from what it has been answered so far, and when.
 * So a search can put it into any situation, and needs to run it only where it has not been before.
 */
import { setImmediate as quiet } from 'node:timers/promises';
import type { Timing } from '../../../../../functions/backoff.ts';
import type { Command } from '../../../../simulator/dynamodb/commands.ts';

/** Whom production code asks. */
export interface Ports {
  /** DynamoDB, as the SDK's client does. */
  send(command: Command): Promise<object>;
  /** The world outside: makes the effect of this key, or answers why it never will be made. */
  act(key: string): Promise<string | undefined>;
}

/** Production code over the ports; answers whether its batch is to be tried again. */
export type Program = (ports: Ports, now: () => number) => Promise<'again' | 'over'>;

/** What a batch that DynamoDB leaves undone is asked for once: its rounds are the program's. */
export function onceOnly(): Timing {
  const running = new Set<AbortController>();
  return {
    random: () => 0,
    sleep: async () => {
      for (const controller of running) controller.abort();
    },
    timeout() {
      const controller = new AbortController();
      running.add(controller);
      return controller.signal;
    },
  };
}

/** A request that a program has made, and how it is called: `INSERT`, `BatchGetItem`, `act`. */
export type Call = { readonly name: string /** Counts the requests of a run. */; readonly id: number } & (
  | { readonly port: 'send'; readonly request: Command }
  | { readonly port: 'act'; readonly request: string }
);

/** What a port says; `text` tells it from all else that it could have said. */
export type Answer = { readonly text: string } & ({ readonly value: unknown } | { readonly error: Error });

/** An answer in which a port says this. */
export const answerOf = (value: unknown): Answer => ({ text: JSON.stringify(value) ?? 'nothing', value });

/** The answer to a request, and the time at which it is heard. */
interface Heard {
  readonly call: Call;
  readonly at: number;
  readonly answer: Answer;
}

/** Where a run has got to: it waits for the requests `open`, or it has ended. */
export interface Situation {
  /** Tells it from all others of the program. */
  readonly id: string;
  readonly from: number;
  readonly heard: readonly Heard[];
  readonly open: readonly Call[];
  readonly ending: 'again' | 'over' | undefined;
}

/** The situations of a program, each found out once. */
export interface Situations {
  begin(at: number): Promise<Situation>;
  hear(situation: Situation, heard: Heard): Promise<Situation>;
}

export function situationsOf(program: Program): Situations {
  const known = new Map<string, Situation>();
  const numbers = new Map<string, number>();
  const find = async (path: string, from: number, heard: readonly Heard[]) => {
    const before = known.get(path);
    if (before !== undefined) return before;
    const situation = { id: String(known.size), from, heard, ...(await run(program, from, heard)) };
    known.set(path, situation);
    return situation;
  };
  return {
    begin: (at) => find(`from ${at}`, at, []),
    hear: (situation, heard) => {
      const number = numbers.get(heard.answer.text) ?? numbers.size;
      numbers.set(heard.answer.text, number);
      return find(`${situation.id}: ${heard.call.id} ${heard.at} ${number}`, situation.from, [
        ...situation.heard,
        heard,
      ]);
    },
  };
}

/** Runs a program with the answers that it heard, each at its time. */
async function run(
  program: Program,
  from: number,
  heard: readonly Heard[],
): Promise<Pick<Situation, 'open' | 'ending'>> {
  let now = from;
  const calls: { readonly call: Call; readonly answer: PromiseWithResolvers<unknown> }[] = [];
  // A port is answered by what was said to this very request, so the types hold; the compiler can't follow that.
  const ask = <Said>(call: Call): Promise<Said> => {
    const answer = Promise.withResolvers<unknown>();
    calls.push({ call, answer });
    return answer.promise as Promise<Said>;
  };
  const ports: Ports = {
    send: (request) => ask({ port: 'send', name: nameOf(request), request, id: calls.length }),
    act: (request) => ask({ port: 'act', name: 'act', request, id: calls.length }),
  };

  let ending: Situation['ending'];
  let failure: unknown;
  program(ports, () => now).then(
    (ended) => {
      ending = ended;
    },
    (error: unknown) => {
      failure = error;
    },
  );
  await quiet();
  for (const { call, at, answer } of heard) {
    now = at;
    const open = calls[call.id]?.answer;
    if ('error' in answer) open?.reject(answer.error);
    else open?.resolve(answer.value);
    await quiet();
  }
  if (failure !== undefined) throw new Error('the program threw', { cause: failure });
  const answered = new Set(heard.map(({ call }) => call.id));
  return { open: calls.map(({ call }) => call).filter(({ id }) => !answered.has(id)), ending };
}

/** Of statements, what they do; else the command. */
function nameOf(command: Command): string {
  const [statement] =
    'Statements' in command.input ? (command.input.Statements as { Statement: string }[]) : [];
  return statement?.Statement.split(' ')[0] ?? command.constructor.name.replace('Command', '');
}
