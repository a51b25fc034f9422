import * as z from 'zod';
import { variable } from '../config.ts';
import type { GroupsByFunction } from './read-message.ts';

/**
 * The variable that names every consumer: JSON, `{"<consumer group>": "<function name>", ...}`.
 *
 * The groups are the keys, since a function's name is known only when it is deployed, and CloudFormation puts a name
 * into a value, not into a key.
 */
export const consumers = variable
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({ code: 'custom', message: 'not JSON' });
      return z.NEVER;
    }
  })
  .pipe(z.record(z.string().min(1), z.string().min(1)))
  .transform(
    (functions): GroupsByFunction =>
      new Map(Object.entries(functions).map(([group, functionName]) => [functionName, group])),
  );
