import { type Chance, chance } from '../support/chance.ts';

/**
 * What can go wrong, with the greatest probability that it has each time it could; a scenario takes some of them, at
 * rates of its own. Numbers are those of the fault list F1 to F36 that the suite covers.
 */
export const FAULTS = {
  /** F1: refused before anything was done, and so on for the SDK's three attempts. */
  'dynamodb throttled': 0.3,
  /** The service fails, or can't be reached. */
  'dynamodb failed': 0.2,
  /** F2: lost on the way there; the SDK sends it again after its timeout. */
  'dynamodb request lost': 0.1,
  /** F3: carried out, and nobody hears of it; the SDK sends it again. */
  'dynamodb answer lost': 0.2,
  /** Carried out; headers come, and then nothing, or a byte a second: it ends when its sender ends it. */
  'dynamodb answer stalled': 0.1,
  'dynamodb answer trickled': 0.1,
  /** Carried out, and half an answer comes. */
  'dynamodb answer cut': 0.2,
  /** Carried out long after everybody has given it up. */
  'dynamodb request late': 0.1,
  'dynamodb slow': 0.2,
  /** `UnprocessedKeys` and `UnprocessedItems`, for each key. */
  'dynamodb unprocessed': 0.3,
  /** A statement of a batch fails by itself; some of these are carried out all the same. */
  'dynamodb statement failed': 0.2,
  /** F4, which no local engine knows: another transaction is at the same item. */
  'dynamodb conflict': 0.3,
  /** Pages of a Query or Scan end early. */
  'dynamodb short page': 0.5,
  /** F5: the process ends at any await of the checkout; of the relay, F11 and F12; of a consumer, F21 and F22. */
  'checkout killed': 0.3,
  'relay killed': 0.4,
  'shipping killed': 0.4,
  'email killed': 0.4,
  'sales killed': 0.4,
  'collector killed': 0.4,
  /** F33: the replay tool, half-way. */
  'operator killed': 0.4,
  /** F17 and F23: the process stands still for up to 15 minutes, is replaced, and then goes on. */
  'checkout frozen': 0.1,
  'relay frozen': 0.2,
  'shipping frozen': 0.3,
  'email frozen': 0.3,
  'sales frozen': 0.3,
  'collector frozen': 0.3,
  'operator frozen': 0.3,
  /** The consumer has run, and the operator doesn't hear of it. */
  'answer to operator lost': 0.3,
  /** The invocation never reaches the function. */
  'lambda throttled': 0.2,
  /** Two invocations' answers, or a shopper's, get lost on the way back. */
  'answer to shopper lost': 0.3,
  /** F14: connections are refused. */
  'kafka unreachable': 0.2,
  /** F19: the grant is gone for a while. */
  'kafka not authorized': 0.2,
  /** F15: appended, and nobody hears of it. */
  'kafka answer lost': 0.2,
  'kafka request lost': 0.1,
  /** Appended long after its producer has given it up. */
  'kafka request late': 0.1,
  /** A partition's leader is another broker by now: its old one refuses it, and appends the others of the request. */
  'kafka leader moved': 0.5,
  /** F16: the connection takes everything and answers nothing, until a new one is made. */
  'kafka half open': 0.1,
  /** F8: the reader of the stream begins again before its checkpoint. */
  'stream reader restarted': 0.3,
  /** F10: records come late, each by itself. */
  'stream record late': 0.5,
  /** F20: records never come. */
  'stream record lost': 0.5,
  /** Pollers of a group are replaced while their batches are still running. */
  'group restarted': 0.3,
  'group rebalanced': 0.3,
  /** F26 */
  'group rewound': 0.1,
  /** A consumer's new process runs a bad deployment, which throws at the first thing that it needs, until the faults end. */
  'shipping deployed badly': 0.3,
  'email deployed badly': 0.3,
  'sales deployed badly': 0.3,
  /** The provider refuses a mail for the account's sake: the sender isn't verified, the quota is used up, sending is paused. */
  'mail account refuses': 0.3,
  'mail throttled': 0.4,
  'mail unreachable': 0.3,
  'mail request lost': 0.1,
  /** F30: the mail goes out, and nobody hears of it. */
  'mail answer lost': 0.2,
  /** The same with no whole answer; what doesn't end by itself ends when its sender ends it. */
  'mail answer stalled': 0.1,
  'mail answer trickled': 0.1,
  'mail answer cut': 0.2,
  /** The mail goes out long after the sender has given it up. */
  'mail request late': 0.1,
  'mail slow': 0.5,
  /** The topic of dead letters doesn't take a letter now, or takes it and doesn't say so. */
  'dead letter topic failed': 0.3,
} as const satisfies Record<string, number>;

export type FaultKind = keyof typeof FAULTS;

/** The faults of a world: which happen is drawn each time they could. */
export interface Faults {
  /** Whether it happens here and now; if so, it is noted. A text that is long to make is made only then. */
  strikes(kind: FaultKind, where: string | (() => string)): boolean;
  /** From now on nothing goes wrong any more. */
  end(): void;
  isOver(): boolean;
}

/** A time in which a kind of fault strikes whenever it can. */
export interface Outage {
  readonly kind: FaultKind;
  /** Epoch milliseconds. */
  readonly from: number;
  readonly to: number;
}

/** At most this many of a kind, outages aside, so that no world is nothing but faults. */
const LIMIT = 40;

export const isFaultKind = (name: string): name is FaultKind => name in FAULTS;

interface Draw {
  readonly random: Chance;
  /** How often it may still strike. */
  left: number;
}

export function faults(
  { rates, outages }: { readonly rates: ReadonlyMap<FaultKind, number>; readonly outages: readonly Outage[] },
  random: Chance,
  now: () => number,
  note: (kind: FaultKind, where: string) => void,
): Faults {
  // Each kind has draws of its own, so that a world without one of them is as it was in all else, for as long as it can.
  const seed = random.int(0, 0x7fffffff);
  const draws = new Map<FaultKind, Draw>();
  for (const [index, kind] of Object.keys(FAULTS).filter(isFaultKind).entries()) {
    draws.set(kind, { random: chance(seed + index), left: LIMIT });
  }
  let over = false;

  function isOut(kind: FaultKind): boolean {
    return outages.some((outage) => outage.kind === kind && outage.from <= now() && now() < outage.to);
  }

  function isDrawn(kind: FaultKind): boolean {
    const [rate, draw] = [rates.get(kind), draws.get(kind)];
    if (rate === undefined || draw === undefined || draw.left === 0 || !draw.random.hits(rate)) return false;
    draw.left -= 1;
    return true;
  }

  return {
    strikes(kind, where) {
      if (over || !(isOut(kind) || isDrawn(kind))) return false;
      note(kind, typeof where === 'string' ? where : where());
      return true;
    },
    end() {
      over = true;
    },
    isOver: () => over,
  };
}
