/**
 * Lambda's event for a Kafka source (https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html) around one stored record:
 *
 *     event   = { "eventSource": "aws:kafka", "eventSourceArn", "replay": { "runId" },
 *                 "records": { "<topic>-<partition>": [record] } }
 *     record  = { "topic", "partition": n, "offset": n, "timestamp": epoch ms, "timestampType": "CREATE_TIME",
 *                 "key": base64, absent for null, "value": base64 | null,
 *                 "headers": [ { "<name>": [byte, ...] | null }, ... ] }
 *     byte    = -128..127, as Java has it
 *
 * `replay` is ours. The coordinates are the record's own, so that a consumer that gives it up again adds to its letter.
 */
import type { RunId } from './run-id.ts';
import type { StoredLetter } from './stored-letter.ts';

export function replayEvent(letter: StoredLetter, eventSourceArn: string, runId: RunId): object {
  const { topic, partition, offset, timestamp, key, value, headers } = letter;
  const record = {
    topic,
    partition,
    offset,
    timestamp,
    timestampType: 'CREATE_TIME',
    ...(key !== undefined && { key: base64(key) }),
    value: value === undefined ? null : base64(value),
    headers: headers.map(({ name, value: bytes }) => ({
      [name]: bytes === undefined ? null : [...new Int8Array(bytes)],
    })),
  };
  return {
    eventSource: 'aws:kafka',
    eventSourceArn,
    replay: { runId },
    records: { [`${topic}-${partition}`]: [record] },
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
