import { type ApiAnswer, apiError } from './answer.ts';

interface Page<T> {
  readonly items: readonly T[];
  /** Where the next page begins; `undefined` on the last one. */
  readonly nextMarker: string | undefined;
}

/**
 * One page of a list, in the order of the items' ids. `MaxItems` may ask for up to 10,000; no page is longer than
 * `longest`. An item that comes or goes between two pages moves no other one.
 */
export function page<T>(
  items: readonly T[],
  idOf: (item: T) => string,
  query: URLSearchParams,
  longest: number,
): Page<T> | { readonly refused: ApiAnswer } {
  const asked = Number(query.get('MaxItems') ?? longest);
  if (!Number.isInteger(asked) || asked < 1 || asked > 10_000) {
    return {
      refused: apiError('InvalidParameterValueException', 'MaxItems: it is a number from 1 to 10000.'),
    };
  }
  const marker = query.get('Marker');
  const after = marker === null || marker === '' ? '' : Buffer.from(marker, 'base64url').toString();
  const rest = items
    .toSorted((a, b) => compare(idOf(a), idOf(b)))
    .filter((item) => compare(idOf(item), after) > 0);
  const chosen = rest.slice(0, Math.min(asked, longest));
  const last = chosen.at(-1);
  const isLast = last === undefined || chosen.length === rest.length;
  return { items: chosen, nextMarker: isLast ? undefined : Buffer.from(idOf(last)).toString('base64url') };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
