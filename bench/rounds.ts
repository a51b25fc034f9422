/** The contenders of a round: everybody is first, second and last in turn. */
export function turn<Name>(all: readonly Name[], round: number): readonly Name[] {
  const first = round % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
}

/** Adds a round's figure to the list of its contender. */
export function push<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
