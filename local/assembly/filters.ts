import { z } from 'zod';
import type { FilterPattern } from './model.ts';
import { isRecord } from './resolution.ts';

/** `FilterCriteria` as a template has it: each pattern is JSON in a text. */
export const filterCriteria = z.object({ Filters: z.array(z.object({ Pattern: z.string() })).default([]) });

/** A pattern that can be applied here, or why it cannot. */
export type ReadPattern = { readonly pattern: FilterPattern } | { readonly refused: string };

/**
 * Parses a filter pattern. Only exact matches are honoured: objects down to lists of texts, numbers, booleans and nulls.
 *
 * Source of the grammar: "Filter rule syntax" in the AWS Lambda developer guide. Its other operators (`prefix`,
 * `exists`, `numeric`, `anything-but`, `$or`, …) are refused.
 */
export function readPattern(text: string): ReadPattern {
  let pattern: unknown;
  try {
    pattern = JSON.parse(text);
  } catch {
    return { refused: `the filter pattern is not JSON: ${text}` };
  }
  if (!isRecord(pattern)) return { refused: `the filter pattern is not an object: ${text}` };
  const operator = firstOperator(pattern);
  return operator === undefined
    ? { pattern }
    : { refused: `the filter pattern uses ${operator}, and only exact matches are applied here: ${text}` };
}

function firstOperator(pattern: Readonly<Record<string, unknown>>): string | undefined {
  for (const [key, rule] of Object.entries(pattern)) {
    if (key.startsWith('$')) return key;
    const found = isRecord(rule) ? firstOperator(rule) : operatorInList(rule);
    if (found !== undefined) return found;
  }
  return undefined;
}

function operatorInList(rule: unknown): string | undefined {
  if (!Array.isArray(rule)) return 'a value outside a list';
  if (rule.some(Array.isArray)) return 'a list in a list';
  const operator: unknown = rule.find(isRecord);
  return isRecord(operator) ? (Object.keys(operator)[0] ?? 'an empty object') : undefined;
}
