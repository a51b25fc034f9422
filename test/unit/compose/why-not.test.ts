import { expect, it } from 'vitest';
import { whyNot } from '../../compose/why-not.ts';

/** A machine on which docker succeeds but for these command lines; and what it was asked to run. */
function machine(failing: readonly string[], taken: readonly number[] = []) {
  const asked: string[] = [];
  return {
    asked,
    docker: async (...args: readonly string[]) => {
      asked.push(args.join(' '));
      return !failing.includes(args.join(' '));
    },
    isFree: async (port: number) => !taken.includes(port),
  };
}

const ask = (on: ReturnType<typeof machine>) => whyNot(on, [29092, 24566], ['kafka:1', 'aws:2']);

it('runs where an engine answers, the ports are free and the images are there or can be pulled', async () => {
  expect(await ask(machine([]))).toBeUndefined();
  const fetching = machine(['image inspect aws:2']);
  expect(await ask(fetching)).toBeUndefined();
  expect(fetching.asked).toContain('pull aws:2');
  expect(fetching.asked).not.toContain('pull kafka:1');
});

it.each([
  [['version'], [], 'no Docker engine answers (docker version)'],
  [['compose version'], [], 'docker has no compose plugin (docker compose version)'],
  [[], [24566], 'port 24566 of 127.0.0.1 is taken; if that is your own engine: docker compose stop'],
  [['image inspect aws:2', 'pull aws:2'], [], "the image aws:2 is not here and can't be pulled"],
])('without %j and with %j taken it is skipped, and says why', async (failing, taken, why) => {
  const one = machine(failing, taken);
  expect(await ask(one)).toBe(why);
  // Nobody waits for an image in vain.
  expect(one.asked.some((line) => line.startsWith('pull'))).toBe(why.includes('image'));
});
