import { expect, it } from 'vitest';
import * as z from 'zod';
import { readEnvironment } from '../../../../functions/config.ts';
import { consumers } from '../../../../functions/dead-letters/consumers.ts';

const read = (CONSUMERS: string | undefined) =>
  readEnvironment(z.object({ CONSUMERS: consumers }), { CONSUMERS }).CONSUMERS;

it('finds the group of a function', () => {
  expect(read('{"email-service":"stack-Email-1"}')).toEqual(new Map([['stack-Email-1', 'email-service']]));
});

it.each([undefined, '', '{', '[]', '{"email-service":1}', '{"":"x"}'])('stops the start for %j', (text) => {
  expect(() => read(text)).toThrow(/CONSUMERS is (missing|invalid)/);
});
