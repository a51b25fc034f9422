import { vi } from 'vitest';
import type { InvocationResult, Invoke } from '../../../../local/lambda/invocation.ts';
import { success } from '../../../support/invocation-results.ts';

/** A function that remembers the events it got; `answer` may change while it runs. */
export interface FakeFunction<E> {
  readonly events: E[];
  readonly invoke: Invoke;
  /** What an invocation ends with; by default it succeeds with `null`. */
  answer: (event: E) => InvocationResult | Promise<InvocationResult>;
}

export function fakeFunction<E>(): FakeFunction<E> {
  const events: E[] = [];
  const fake: FakeFunction<E> = {
    events,
    answer: () => success(),
    invoke: async (_name, json) => {
      const event: E = JSON.parse(json);
      events.push(event);
      return fake.answer(event);
    },
  };
  return fake;
}

/** An answer that is held back until `release`. */
export function gate(): { readonly opened: Promise<InvocationResult>; release(): void } {
  let open: (result: InvocationResult) => void = () => {};
  const opened = new Promise<InvocationResult>((resolve) => {
    open = resolve;
  });
  return { opened, release: () => open(success()) };
}

/** Waits until `check` no longer throws. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 15_000, interval: 20 });
}
