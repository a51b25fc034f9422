/** A value as text that tells it from others, maps included. */
export function textOf(value: unknown): string {
  return (
    JSON.stringify(value, (_name, inner: unknown) => {
      if (inner instanceof Map) return [...inner];
      if (inner instanceof Error) return 'code' in inner ? inner.code : inner.name;
      return inner;
    }) ?? 'nothing'
  );
}
