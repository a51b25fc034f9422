import type { Mail } from '../checker/observation.ts';
import type { Item } from './dynamodb/tables.ts';
import type { FaultKind } from './faults.ts';

/** What a shopper asks of the checkout. */
export interface ShopperRequest {
  readonly id: number;
  readonly kind: 'place' | 'cancel' | 'show';
  /** Every shopper orders once: the customer stands for the order. */
  readonly customerId: string;
  readonly idempotencyKey: string;
  /** JSON of what is ordered; empty for other requests. */
  readonly body: string;
}

/** Something that happened in the simulated world; the trace of a world is a list of them. */
type Happening =
  | { readonly what: 'fault'; readonly kind: FaultKind; readonly where: string }
  | { readonly what: 'process'; readonly name: string; readonly change: string }
  | { readonly what: 'asked'; readonly request: ShopperRequest }
  | {
      readonly what: 'answered';
      readonly request: ShopperRequest;
      /** Undefined: no answer came. */
      readonly status: number | undefined;
      readonly body: string;
    }
  | {
      readonly what: 'written';
      readonly table: string;
      readonly key: string;
      /** Undefined: there was none. */
      readonly before: Item | undefined;
      /** Undefined: there is none any more. */
      readonly after: Item | undefined;
      readonly process: string;
    }
  | {
      readonly what: 'appended';
      readonly topic: string;
      readonly partition: number;
      readonly offset: number;
      readonly record: string;
      readonly by: string;
    }
  | {
      readonly what: 'invoked';
      readonly name: string;
      readonly requestId: string;
      readonly isReplay: boolean;
      readonly records: string;
    }
  | {
      readonly what: 'ended';
      readonly name: string;
      readonly requestId: string;
      readonly how: string;
    }
  | {
      readonly what: 'committed';
      readonly source: string;
      readonly partition: string;
      readonly position: number;
    }
  | {
      readonly what: 'mail tried';
      readonly eventId: string;
      readonly process: string;
      /** Whether the sender hears from the provider, be it a refusal. */
      readonly isAnswered: boolean;
    }
  | { readonly what: 'mailed'; readonly mail: Mail }
  | { readonly what: 'gave up'; readonly source: string; readonly reason: string; readonly records: string }
  | { readonly what: 'logged'; readonly process: string; readonly line: string }
  | { readonly what: 'world'; readonly note: string };

/** A happening and when it was, in epoch milliseconds. */
export type Past = Happening & { readonly at: number };

/** The append-only log of a world. */
export interface History {
  readonly past: readonly Past[];
  note(happening: Happening): void;
}

export function history(now: () => number): History {
  const past: Past[] = [];
  return { past, note: (happening) => void past.push({ ...happening, at: now() }) };
}

/** A happening as one line. */
export function lineOf(past: Past, start: number): string {
  const seconds = ((past.at - start) / 1_000).toFixed(3).padStart(10);
  return `${seconds}s  ${textOf(past)}`;
}

function textOf(past: Past): string {
  switch (past.what) {
    case 'fault':
      return `FAULT ${past.kind} (${past.where})`;
    case 'process':
      return `${past.name} ${past.change}`;
    case 'asked':
      return `shopper ${past.request.id}: ${past.request.kind} ${past.request.customerId} ${past.request.idempotencyKey}`;
    case 'answered':
      return `shopper ${past.request.id}: ${past.status ?? 'no answer'}`;
    case 'written':
      return `${past.table} ${past.key} ${changeOf(past)} by ${past.process}`;
    case 'appended':
      return `${past.topic}-${past.partition}@${past.offset} ${past.record} appended by ${past.by}`;
    case 'invoked':
      return `${past.name} invoked (${past.requestId}) ${past.records}`;
    case 'ended':
      return `${past.name} ended (${past.requestId}) ${past.how}`;
    case 'committed':
      return `${past.source} ${past.partition} committed at ${past.position}`;
    case 'mail tried':
      return `${past.process} tries to send the mail for ${past.eventId}`;
    case 'mailed':
      return `mail for ${past.mail.eventId} sent by ${past.mail.process}${past.mail.isAnswered ? '' : ', who is not told'}`;
    case 'gave up':
      return `${past.source} gave up ${past.records}: ${past.reason}`;
    case 'logged':
      return `${past.process} logs ${past.line}`;
    case 'world':
      return past.note;
  }
}

function changeOf({ before, after }: Extract<Past, { what: 'written' }>): string {
  if (after === undefined) return 'deleted';
  const status = after.status?.S === undefined ? '' : ` (${after.status.S})`;
  return `${before === undefined ? 'inserted' : 'changed'}${status}`;
}
