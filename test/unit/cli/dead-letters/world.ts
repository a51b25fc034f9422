import { setImmediate } from 'node:timers/promises';
import type { Answer, Consumer } from '../../../../cli/dead-letters/consumer.ts';
import type { Changed, StoredLetter } from '../../../../cli/dead-letters/letters-table.ts';
import type { PlanRules } from '../../../../cli/dead-letters/plan.ts';
import { type Replayed, replayLetter } from '../../../../cli/dead-letters/replay.ts';
import { type Change, RESERVED_MS, type RunId } from '../../../../cli/dead-letters/transitions.ts';
import { givenUpAgain, type Holds, inMemoryLetters } from '../../../support/in-memory-letters.ts';
import { aLetter } from '../../../support/stored-letters.ts';

const CONSUMER: Consumer = { functionArn: 'arn', eventSourceArn: 'arn', partialResponses: true };
const NAME = 'email-service/letter';

/** What may still happen to a world, apart from what its runs do. */
export interface Chances {
  readonly runs: number;
  readonly kills: number;
  readonly givenUp: number;
  readonly reservationsOver: number;
  /** Writes whose answer is lost, so that they are sent again. */
  readonly lostAnswers: number;
}

interface Invocation {
  readonly runId: RunId;
  /** The letter's version when the function began. */
  readonly version: number;
  end: 'handled' | 'given-up' | 'failed' | undefined;
}

/** Something that can happen next. */
interface Step {
  readonly what: string;
  readonly happen: () => void;
}

/**
 * One letter, and several runs that replay it with the real code, one call at a time in an order that a schedule decides.
 *
 * Between two calls anything may happen: the consumer gives the record up on its own, a run is killed and its invocation
 * goes on, an answer is lost, a reservation ends, another run resumes what was killed. What is wrong is found at
 * the very write that is wrong, and collected in `wrong`.
 */
export function letterWorld(chances: Chances, holds?: Holds) {
  const CAP = 3;
  const wrong: string[] = [];
  const happened: string[] = [];
  const letters = new Map<string, StoredLetter>([
    [NAME, aLetter({ recordId: 'letter', timestamp: 0, history: [] })],
  ]);
  const table = inMemoryLetters(letters, holds);
  const invocations: Invocation[] = [];
  const killed: RunId[] = [];
  const left = { ...chances };
  const pending = new Map<RunId, readonly Step[]>();
  const running = new Map<Invocation, readonly Step[]>();
  const reports = new Map<RunId, Replayed>();
  let now = 0;
  let runs = 0;

  const letter = (): StoredLetter => letters.get(NAME) ?? aLetter();
  const isAlive = (runId: RunId) => !killed.includes(runId);

  /** A write, and what has to be true of it. */
  async function write(change: Change): Promise<Changed> {
    const before = letter();
    const changed = await table.change({ consumer: 'email-service', recordId: 'letter' }, change);
    if (letter() === before) return changed;
    const { event, runId } = change.note;
    happened.push(`  ${runId}: ${before.status} v${before.version} -> ${event}`);
    const last = before.history.at(-1);
    if (last?.event === event && last.runId === runId) wrong.push(`${runId} writes ${event} twice`);
    if (change.expected.version !== before.version) {
      wrong.push(
        `${runId} decides on what it has not seen: the record was given up since, maybe for another reason`,
      );
    }
    if (event === 'REPLAYING' && letter().replays !== before.replays + 1)
      wrong.push('a replay is not counted');
    if (event === 'REPLAYED') {
      const handled = invocations.some(
        (one) => one.runId === runId && one.end === 'handled' && one.version === before.version,
      );
      if (!handled) wrong.push(`${runId} says REPLAYED of a record that was given up since`);
    }
    if (event === 'REPLAYED' || event === 'REPLAY_FAILED') {
      if (before.status !== 'REPLAYING' || before.runId !== runId) {
        wrong.push(`${runId} ends what it does not hold`);
      }
    }
    if (letter().replays > CAP) wrong.push('more replays than the cap allows');
    return changed;
  }

  function invoke(runId: RunId): Promise<Answer> {
    const invocation: Invocation = { runId, version: letter().version, end: undefined };
    invocations.push(invocation);
    return new Promise((answer) => {
      const end = (what: NonNullable<Invocation['end']>, said: Answer): Step => ({
        what: `${runId}'s invocation: ${what}`,
        happen: () => {
          invocation.end = what;
          running.delete(invocation);
          if (what === 'given-up') letters.set(NAME, givenUpAgain(letter(), String(now)));
          if (isAlive(runId)) answer(said);
        },
      });
      running.set(invocation, [
        end('handled', { kind: 'handled' }),
        // A consumer that gives the record up has handled it, as far as Lambda knows.
        end('given-up', { kind: 'handled' }),
        end('failed', { kind: 'failed', code: 'BatchItemFailure' }),
        {
          what: `${runId}'s answer is lost`,
          happen: () => {
            running.set(invocation, (running.get(invocation) ?? []).slice(0, 3));
            answer({ kind: 'failed', code: 'ECONNRESET' });
          },
        },
      ]);
    });
  }

  function startRun(resumes: readonly RunId[], named = false): RunId {
    const runId = `run-${++runs}` as RunId;
    const rules: PlanRules = {
      runId,
      takesOver: new Set(resumes),
      cap: CAP,
      findConsumer: () => CONSUMER,
      maxAgeMs: Number.POSITIVE_INFINITY,
      named,
    };
    const call = <T>(what: string, perform: () => Promise<T>, isWrite: boolean) =>
      new Promise<T>((resolve) => {
        const step: Step = {
          what: `${runId} ${what}`,
          happen: () => {
            pending.delete(runId);
            void perform().then(resolve);
          },
        };
        const again: Step = {
          what: `${runId} ${what}, and its answer is lost`,
          happen: () => {
            left.lostAnswers -= 1;
            pending.set(runId, [step]);
            void perform();
          },
        };
        pending.set(runId, isWrite && left.lostAnswers > 0 ? [step, again] : [step]);
      });
    const ports = {
      letters: {
        ...table,
        change: (_key: object, change: Change) => call(change.note.event, () => write(change), true),
      },
      invoke: () => call('invokes', () => invoke(runId), false),
      timing: { now: () => now, sleep: async () => undefined },
    };
    void replayLetter(letter(), rules, ports, new AbortController().signal).then((report) => {
      reports.set(runId, report);
    });
    return runId;
  }

  /** Everything that may happen next. */
  function steps(): Step[] {
    const possible: Step[] = [...pending.values(), ...running.values()].flat();
    const alive = [...pending.keys()];
    const may = (chance: keyof Chances, what: string, happen: () => void) => {
      if (left[chance] <= 0) return;
      possible.push({
        what,
        happen: () => {
          left[chance] -= 1;
          happen();
        },
      });
    };
    may('runs', 'a run begins', () => startRun([]));
    if (killed.length > 0) may('runs', 'a run resumes', () => startRun(killed));
    may('givenUp', 'the record is given up', () => letters.set(NAME, givenUpAgain(letter(), String(now))));
    may('reservationsOver', 'a reservation is over', () => {
      now += RESERVED_MS;
    });
    for (const runId of alive) {
      may('kills', `${runId} is killed`, () => {
        killed.push(runId);
        pending.delete(runId);
      });
    }
    return possible;
  }

  return {
    wrong,
    happened,
    letter,
    reports,
    /** Lets happen what the schedule chooses, until it ends. */
    async run(schedule: readonly number[]): Promise<void> {
      for (const choice of schedule) {
        const possible = steps();
        const step = possible[choice % possible.length];
        if (step === undefined) return;
        happened.push(step.what);
        step.happen();
        await setImmediate();
      }
    },
    /** Whatever has happened: when all is quiet and time has passed, an operator gets the letter replayed. */
    async operatorReplays(): Promise<void> {
      left.runs = left.kills = left.givenUp = left.reservationsOver = left.lostAnswers = 0;
      for (let possible = steps(); possible.length > 0; possible = steps()) {
        possible[0]?.happen();
        await setImmediate();
      }
      now += RESERVED_MS;
      const { status, replays } = letter();
      if (status === 'REPLAYED') return;
      letters.set(NAME, { ...letter(), replays: Math.min(replays, CAP - 1) });
      startRun([], true);
      await setImmediate();
      for (let possible = steps(); possible.length > 0; possible = steps()) {
        possible[0]?.happen();
        await setImmediate();
      }
      if (letter().status !== 'REPLAYED') wrong.push(`stuck in ${letter().status}`);
    },
  };
}
