/**
 * As much of Kafka's protocol as a proxy needs (https://kafka.apache.org/protocol): where a message ends, what a request
 * asks for, which request an answer belongs to, and where the address of a broker stands.
 *
 *     request   size INT32   api INT16   version INT16   correlation id INT32   ...
 *     answer    size INT32                               correlation id INT32   ...
 *     address   host, INT16 length first   port INT32
 */

const SIZE_BYTES = 4;

const API_NAMES: ReadonlyMap<number, string> = new Map([
  [0, 'Produce'],
  [1, 'Fetch'],
  [2, 'ListOffsets'],
  [3, 'Metadata'],
  [8, 'OffsetCommit'],
  [9, 'OffsetFetch'],
  [10, 'FindCoordinator'],
  [11, 'JoinGroup'],
  [12, 'Heartbeat'],
  [13, 'LeaveGroup'],
  [14, 'SyncGroup'],
  [18, 'ApiVersions'],
]);

/** The answers that name brokers, and so tell a client where to go next. */
const NAMES_BROKERS: ReadonlySet<string> = new Set(['Metadata', 'FindCoordinator']);

/** Cuts a stream of bytes into messages, whatever pieces it comes in; each with its size in front. */
export function frameSplitter(): (chunk: Buffer) => Buffer[] {
  let held: Buffer = Buffer.alloc(0);
  return (chunk) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const frames: Buffer[] = [];
    while (held.length >= SIZE_BYTES) {
      const end = SIZE_BYTES + held.readInt32BE(0);
      if (held.length < end) break;
      frames.push(held.subarray(0, end));
      held = held.subarray(end);
    }
    return frames;
  };
}

/** What a request asks for, by Kafka's name of it, and the id that its answer will carry. */
export function readRequest(frame: Buffer): { readonly api: string; readonly correlationId: number } {
  const key = frame.readInt16BE(SIZE_BYTES);
  return { api: API_NAMES.get(key) ?? `api ${key}`, correlationId: frame.readInt32BE(SIZE_BYTES + 4) };
}

export function correlationIdOf(answer: Buffer): number {
  return answer.readInt32BE(SIZE_BYTES);
}

/** The answer with one address in the place of another, so that the client comes back; both have to be of the same host. */
export function withAddress(api: string, answer: Buffer, from: string, to: string): Buffer {
  if (!NAMES_BROKERS.has(api)) return answer;
  const [wanted, replacement] = [addressBytes(from), addressBytes(to)];
  const rewritten = Buffer.from(answer);
  for (let at = rewritten.indexOf(wanted); at >= 0; at = rewritten.indexOf(wanted, at + wanted.length)) {
    replacement.copy(rewritten, at);
  }
  return rewritten;
}

function addressBytes(address: string): Buffer {
  const [host = '', port = ''] = address.split(':');
  const bytes = Buffer.alloc(2 + host.length + 4);
  bytes.writeInt16BE(host.length, 0);
  bytes.write(host, 2, 'latin1');
  bytes.writeInt32BE(Number(port), 2 + host.length);
  return bytes;
}
