/**
 * Works through items from the first on, `inFlight` at a time. The first failure, or the signal, stops it from taking up
 * more; what is at work comes to its end either way, and only then does it reject.
 */
export async function workThrough<T>(
  items: Iterable<T>,
  inFlight: number,
  work: (item: T) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const failures: unknown[] = [];
  const left = items[Symbol.iterator]();
  const worker = async () => {
    while (failures.length === 0 && !signal?.aborted) {
      const { value, done } = left.next();
      if (done) return;
      await work(value).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  if (failures.length > 0) throw failures[0];
}
