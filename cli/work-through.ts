/**
 * Works through a list from the front, `inFlight` items at a time. The first failure, or the signal, stops it from taking up
 * more; what is at work comes to its end either way, and only then does it reject.
 */
export async function workThrough<T>(
  items: readonly T[],
  inFlight: number,
  signal: AbortSignal,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length && failures.length === 0 && !signal.aborted) {
      const item = items[next++];
      if (item === undefined) continue;
      await work(item).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  if (failures.length > 0) throw failures[0];
}
