import { once } from 'node:events';
import { createServer, connect as openSocket, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A request on its way to the broker. */
export interface KafkaRequest {
  /** Kafka's name of it: `Produce`. */
  readonly api: string;
}

/** What becomes of a request. */
export type KafkaFate =
  | { readonly kind: 'pass' }
  /** It takes so many milliseconds longer, and so does what the connection sends behind it. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** The broker doesn't get it, and the connection is reset. */
  | { readonly kind: 'lost-request' }
  /** The broker does it, and the connection is reset instead of the answer. */
  | { readonly kind: 'lost-answer' }
  /**
   * From here on the connection takes bytes and brings none, and nobody closes it, as after a lost route. `heard`: the
   * broker still gets this request.
   */
  | { readonly kind: 'half-open'; readonly heard: boolean };

export const PASS = { kind: 'pass' } as const;

/** A proxy between Kafka clients and a broker: it counts, and it breaks what it is told to. */
export interface KafkaProxy {
  /** `host:port` for a client to start from; every address that the broker names is this one too. */
  readonly address: string;
  /** What the requests so far asked for, in order of arrival. */
  readonly requests: readonly string[];
  /** How many connections clients have opened so far. */
  connections(): number;
  stop(): Promise<void>;
}

/**
 * Starts a proxy on 127.0.0.1 and a free port in front of a plaintext broker on 127.0.0.1, whose address may be known
 * later. Of a cluster of several it brings back the clients of this one broker only.
 */
export async function startKafkaProxy(
  target: () => string,
  fateOf: (request: KafkaRequest) => KafkaFate = () => PASS,
): Promise<KafkaProxy> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  let address = '';

  function serve(near: Socket): void {
    connections += 1;
    const [host, port] = target().split(':');
    const far = openSocket({ host, port: Number(port) });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      // A reset is told to the one on the other side by its close.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }

    const asked = new Map<number, { readonly api: string; readonly lost: boolean }>();
    let silent = false;

    async function pass(frame: Buffer): Promise<void> {
      if (silent) return;
      const { api, correlationId } = readRequest(frame);
      requests.push(api);
      const fate = fateOf({ api });
      asked.set(correlationId, { api, lost: fate.kind === 'lost-answer' });
      switch (fate.kind) {
        case 'lost-request':
          near.resetAndDestroy();
          return;
        case 'half-open':
          silent = true;
          if (!fate.heard) return;
          break;
        case 'slow':
          await delay(fate.ms);
          break;
        case 'lost-answer':
        case 'pass':
          break;
      }
      far.write(frame);
    }

    function answer(frame: Buffer): void {
      if (silent) return;
      const correlationId = correlationIdOf(frame);
      const request = asked.get(correlationId);
      asked.delete(correlationId);
      if (request?.lost) near.resetAndDestroy();
      else near.write(withAddress(request?.api ?? '', frame, target(), address));
    }

    const [requestsOf, answersOf] = [frameSplitter(), frameSplitter()];
    let turn = Promise.resolve();
    near.on('data', (chunk) => {
      for (const frame of requestsOf(chunk))
        turn = turn.then(() => pass(frame)).catch(() => void near.destroy());
    });
    far.on('data', (chunk) => answersOf(chunk).forEach(answer));
  }

  const server = createServer(serve);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  address = `127.0.0.1:${typeof bound === 'object' ? bound?.port : undefined}`;
  return {
    address,
    requests,
    connections: () => connections,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/*
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
function frameSplitter(): (chunk: Buffer) => Buffer[] {
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
function readRequest(frame: Buffer): { readonly api: string; readonly correlationId: number } {
  const key = frame.readInt16BE(SIZE_BYTES);
  return { api: API_NAMES.get(key) ?? `api ${key}`, correlationId: frame.readInt32BE(SIZE_BYTES + 4) };
}

function correlationIdOf(answer: Buffer): number {
  return answer.readInt32BE(SIZE_BYTES);
}

/** The answer with one address in the place of another, so that the client comes back; both have to be of the same host. */
function withAddress(api: string, answer: Buffer, from: string, to: string): Buffer {
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
