/** Which of several things a word on the command line means. */
export type Choice<T> =
  | { readonly kind: 'one'; readonly item: T }
  | { readonly kind: 'none' }
  | { readonly kind: 'several'; readonly items: readonly T[] };

/** What has exactly that name, or else what has it as a part of one; capitals don't matter. */
export function theOne<T>(
  items: readonly T[],
  word: string,
  namesOf: (item: T) => readonly string[],
): Choice<T> {
  const wanted = word.toLowerCase();
  const names = (item: T) => namesOf(item).map((name) => name.toLowerCase());
  const exact = items.filter((item) => names(item).includes(wanted));
  const found =
    exact.length > 0 ? exact : items.filter((item) => names(item).some((name) => name.includes(wanted)));
  const [item] = found;
  if (item === undefined) return { kind: 'none' };
  return found.length === 1 ? { kind: 'one', item } : { kind: 'several', items: found };
}
