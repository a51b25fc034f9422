import type { KafkaRecord } from './record.ts';

/** https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/;

/** The trace that a record belongs to, from the request of its order on; undefined where its header doesn't say. */
export function traceIdOf({ headers }: KafkaRecord): string | undefined {
  const [, value] = headers.find(([name]) => name === 'traceparent') ?? [];
  return value ? TRACEPARENT.exec(Buffer.from(value).toString('latin1'))?.[1] : undefined;
}
