import { setTimeout as delay } from 'node:timers/promises';
import { CASES, type Case } from './cases.ts';
import type { Probes, Running } from './probes.ts';
import type { Evidence } from './seen.ts';

/** How a rule of the emulator compares with what was seen. */
export interface Finding {
  /** Of docs/emulation.md. */
  readonly rule: string;
  readonly about: string;
  readonly here: string;
  /** `–` where it can't be told. */
  readonly seen: string;
  readonly verdict: 'same' | 'different' | 'unclear';
  /** What makes the emulator do what was seen. */
  readonly otherwise?: string | undefined;
}

/** What was found out. */
export interface Verification {
  readonly findings: readonly Finding[];
  /** Milliseconds between the attempts of a record that failed. AWS publishes no schedule, so they are only told. */
  readonly waits: readonly number[];
  /** What became of each case, for whoever puts its letters away. */
  readonly cases: readonly Running[];
}

export interface VerifyPorts {
  readonly probes: Probes;
  /** Names the run among all there ever were. */
  readonly run: string;
  /** Milliseconds that a case may take. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
}

const LOOK_EVERY_MS = 500;

/** Has the probe's consumer misbehave in every way there is, one after the other, and compares. */
export async function verify(ports: VerifyPorts): Promise<Verification> {
  const findings: Finding[] = [];
  const waits: number[] = [];
  const cases: Running[] = [];
  for (const theCase of CASES) {
    if (ports.signal.aborted) break;
    ports.progress(`${theCase.name} …`);
    const running = await ports.probes.begin(ports.run, theCase);
    cases.push(running);
    const evidence = await settled(running, ports);
    findings.push(...findingsOf(theCase, evidence));
    if (theCase.scripts.some((script) => script.at(-1) === 'fail')) waits.push(...waitsIn(evidence));
  }
  return { findings, waits, cases };
}

/** What there is when all has happened that is looked for, or when the time is over. */
async function settled(running: Running, { probes, waitMs, signal }: VerifyPorts): Promise<Evidence> {
  const end = performance.now() + waitMs;
  for (;;) {
    const evidence = await probes.evidence(running);
    if (running.theCase.isOver(evidence) || performance.now() >= end || signal.aborted) return evidence;
    await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

function findingsOf({ checks, isOver }: Case, evidence: Evidence): Finding[] {
  const over = isOver(evidence);
  return checks.map(({ rule, about, here, seen: tell, untilTheEnd, otherwise }) => {
    const seen = over || untilTheEnd ? tell(evidence) : undefined;
    const verdict = seen === undefined ? 'unclear' : seen === here ? 'same' : 'different';
    return { rule, about, here, seen: seen ?? '–', verdict, otherwise };
  });
}

function waitsIn({ invocations }: Evidence): number[] {
  const times = invocations.map(({ at }) => Date.parse(at)).sort((one, other) => one - other);
  return times.slice(1).map((time, n) => time - (times[n] ?? time));
}
