import * as z from 'zod';
import { OrderlyError } from './errors.ts';

/**
 * The environment of a function as a typed object, read once at start.
 *
 * @throws {OrderlyError} `ENVIRONMENT_INVALID`, naming each variable that is missing or invalid, never its value.
 */
export function readEnvironment<Schema extends z.ZodObject>(
  schema: Schema,
  env: Readonly<Record<string, string | undefined>>,
): z.infer<Schema> {
  const parsed = schema.safeParse(env);
  if (parsed.success) return parsed.data;

  const problems = parsed.error.issues.map((issue) => {
    const name = String(issue.path[0]);
    return env[name] === undefined ? `${name} is missing` : `${name} is invalid`;
  });
  throw new OrderlyError('ENVIRONMENT_INVALID', `environment: ${[...new Set(problems)].join(', ')}`);
}

/** A variable that must not be empty. */
export const variable = z.string().min(1);
