/** One request to the Lambda API. */
export interface ApiCall {
  /** What the path names: a function or a mapping, decoded; empty where the path names nothing. */
  readonly subject: string;
  readonly query: URLSearchParams;
  header(name: string): string | undefined;
  readonly body: Uint8Array;
}
