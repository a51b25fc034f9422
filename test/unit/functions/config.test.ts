import { expect, it } from 'vitest';
import * as z from 'zod';
import { readEnvironment, variable } from '../../../functions/config.ts';

const schema = z.object({ TOPIC: variable, MODE: z.enum(['a', 'b']).default('a') });

it('reads the variables that a function declares', () => {
  expect(readEnvironment(schema, { TOPIC: 'orders', PATH: '/bin' })).toEqual({ TOPIC: 'orders', MODE: 'a' });
});

it('names every variable that is missing or invalid, and no value', () => {
  expect(() => readEnvironment(schema, { MODE: 'secret' })).toThrow(
    expect.objectContaining({
      code: 'ENVIRONMENT_INVALID',
      message: 'environment: TOPIC is missing, MODE is invalid',
    }),
  );
});
