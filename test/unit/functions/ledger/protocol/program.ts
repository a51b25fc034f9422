/**
 * Production code as a function over data: what it asks next follows from what it has been answered so far, and when.
 * So a search can put it into any situation, and needs to run it only where it has not been before.
 */
import { setImmediate as quiet } from 'node:timers/promises';

/** Production code over ports of one argument each; answers whether its batch is to be tried again. */
export type Program<Ports> = (ports: Ports, now: () => number) => Promise<Ending>;
type Ending = 'again' | 'over';

/** A request that a program has made. */
export interface Call<Ports> {
  readonly port: keyof Ports & string;
  readonly request: unknown;
  /** Counts the requests of a run. */
  readonly id: number;
}

/** What a port says; `text` tells it from all else that it could have said. */
export type Answer = { readonly text: string } & ({ readonly value: unknown } | { readonly error: Error });

/** The answer to a request, and the time at which it is heard. */
interface Heard<Ports> {
  readonly call: Call<Ports>;
  readonly at: number;
  readonly answer: Answer;
}

/** Where a run has got to: it waits for the requests `open`, or it has ended. */
export interface Situation<Ports> {
  /** Tells it from all others of the program. */
  readonly id: string;
  readonly from: number;
  readonly heard: readonly Heard<Ports>[];
  readonly open: readonly Call<Ports>[];
  readonly ending: Ending | undefined;
}

/** The situations of a program, each found out once. */
export interface Situations<Ports> {
  begin(at: number): Promise<Situation<Ports>>;
  hear(situation: Situation<Ports>, heard: Heard<Ports>): Promise<Situation<Ports>>;
}

export function situationsOf<Ports>(
  program: Program<Ports>,
  ports: readonly (keyof Ports & string)[],
): Situations<Ports> {
  const known = new Map<string, Situation<Ports>>();
  const numbers = new Map<string, number>();
  const find = async (path: string, from: number, heard: readonly Heard<Ports>[]) => {
    const before = known.get(path);
    if (before !== undefined) return before;
    const situation = { id: String(known.size), from, heard, ...(await run(program, ports, from, heard)) };
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
async function run<Ports>(
  program: Program<Ports>,
  names: readonly (keyof Ports & string)[],
  from: number,
  heard: readonly Heard<Ports>[],
): Promise<Pick<Situation<Ports>, 'open' | 'ending'>> {
  let now = from;
  const calls: { call: Call<Ports>; answer: PromiseWithResolvers<unknown> }[] = [];
  const ask = (port: keyof Ports & string) => (request: unknown) => {
    const answer = Promise.withResolvers<unknown>();
    calls.push({ call: { port, request, id: calls.length }, answer });
    return answer.promise;
  };
  // Each port is answered by what its twin said, so the types hold; the compiler can't follow that.
  const ports = Object.fromEntries(names.map((name) => [name, ask(name)])) as Ports;

  let ending: Ending | undefined;
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
