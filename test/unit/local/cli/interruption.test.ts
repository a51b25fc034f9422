import { describe, expect, it } from 'vitest';
import { Interrupted, unlessInterrupted } from '../../../../local/cli/interruption.ts';

describe('unlessInterrupted', () => {
  it('gives the result of work that ends by itself', async () => {
    expect(await unlessInterrupted(Promise.resolve(1), new AbortController().signal)).toBe(1);
  });

  it('rejects with the interruption while the work goes on', async () => {
    const controller = new AbortController();
    const waiting = unlessInterrupted(new Promise(() => undefined), controller.signal);
    controller.abort(new Interrupted('SIGINT'));
    await expect(waiting).rejects.toMatchObject({ exitCode: 130 });
  });

  it('does not begin to wait after an interruption', async () => {
    const controller = new AbortController();
    controller.abort(new Interrupted('SIGTERM'));
    await expect(unlessInterrupted(Promise.resolve(1), controller.signal)).rejects.toMatchObject({
      exitCode: 143,
    });
  });

  it('leaves no failure of the work behind that nobody hears, before and after an interruption', async () => {
    const controller = new AbortController();
    controller.abort(new Interrupted('SIGINT'));
    // What nobody hears ends the process, and here the run of the tests.
    const work = new Promise<never>((_, reject) => setImmediate(() => reject(new Error('broken off'))));
    await expect(unlessInterrupted(work, controller.signal)).rejects.toMatchObject({ exitCode: 130 });
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  });
});
