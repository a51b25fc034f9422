import { once } from 'node:events';
import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

/** A request on its way to an AWS endpoint. */
export interface AwsRequest {
  /** `BatchExecuteStatement`; where the protocol has no target header, method and path: `POST /v2/email/outbound-emails`. */
  readonly operation: string;
  readonly body: string;
  /** What the client says it is. */
  readonly userAgent: string;
}

/** What becomes of a request. */
export type Fate =
  | { readonly kind: 'pass' }
  /** It takes so many milliseconds longer. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** The endpoint doesn't get it, and this is the answer; `type` is AWS's name of the error, `detail` what its body says besides. */
  | { readonly kind: 'answer'; readonly status: number; readonly type: string; readonly detail?: object }
  /** The endpoint doesn't get it, and the connection is closed. */
  | { readonly kind: 'lost-request' }
  /** The endpoint does it, and the connection is closed instead of an answer. */
  | { readonly kind: 'lost-answer' }
  /** The endpoint does it; the headers of its answer come, and nothing after them. */
  | { readonly kind: 'stalled-answer' }
  /** The endpoint does it; its answer comes a byte a second. */
  | { readonly kind: 'trickled-answer' }
  /** The endpoint does it; a half of its answer comes, then the connection is closed. */
  | { readonly kind: 'cut-answer' }
  /** The endpoint does it, and this is the answer all the same. */
  | { readonly kind: 'untrue-answer'; readonly status: number; readonly type: string }
  /** The endpoint gets a part of it, `ask`; the answer is what `tell` makes of its answer. */
  | { readonly kind: 'partly'; readonly ask: string; readonly tell: (answer: string) => string };

export const PASS: Fate = { kind: 'pass' };

type Failure = Pick<Extract<Fate, { kind: 'answer' }>, 'status' | 'type' | 'detail'>;

/** A proxy between a function and an AWS endpoint: it counts, and it breaks what it is told to. */
export interface AwsProxy {
  readonly url: string;
  /** Operations of the requests so far, in order of arrival. */
  readonly operations: readonly string[];
  stop(): Promise<void>;
}

/** What a proxy tells of the requests that pass it. */
export interface AwsProxyListener {
  /**
   * The endpoint has answered, and the client hasn't heard of it yet: what the endpoint was asked, and the status of its
   * answer; undefined if it gave none.
   */
  readonly done?: (request: AwsRequest, asked: string, status: number | undefined) => void;
  /**
   * The client closed its connection, over which this was its last request: it is dead, or it has stopped waiting. One
   * that has heard the answer keeps its connection.
   */
  readonly hungUp?: (request: AwsRequest) => void;
}

/** Starts a proxy on 127.0.0.1 and a free port in front of a plain http address, which may be known later. */
export async function startAwsProxy(
  target: () => string,
  fateOf: (request: AwsRequest) => Fate = () => PASS,
  { done, hungUp }: AwsProxyListener = {},
): Promise<AwsProxy> {
  const operations: string[] = [];
  const agent = new Agent({ keepAlive: true });
  /** The last request of each connection that is not closed from this side. */
  const last = new WeakMap<Socket, AwsRequest>();

  const close = (response: ServerResponse) => {
    if (response.socket !== null) last.delete(response.socket);
    response.destroy();
  };

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(incoming);
    const operation = operationOf(incoming);
    operations.push(operation);
    const userAgent = incoming.headers['user-agent'] ?? '';
    const request: AwsRequest = { operation, body: body.toString('utf8'), userAgent };
    last.set(incoming.socket, request);
    const ask = async (asked: Buffer) => {
      try {
        const answer = await forward(target(), agent, incoming, asked);
        done?.(request, asked.toString('utf8'), answer.status);
        return answer;
      } catch (error) {
        done?.(request, asked.toString('utf8'), undefined);
        throw error;
      }
    };
    const fail = ({ status, type, detail }: Failure) => {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-errortype': type });
      response.end(JSON.stringify({ __type: type, message: 'injected', ...detail }));
    };
    const fate = fateOf(request);
    switch (fate.kind) {
      case 'answer':
        fail(fate);
        return;
      case 'untrue-answer':
        await ask(body);
        fail(fate);
        return;
      case 'lost-request':
        close(response);
        return;
      case 'lost-answer':
        await ask(body);
        close(response);
        return;
      case 'stalled-answer':
        beginAnswer(response, await ask(body));
        return;
      case 'trickled-answer': {
        const bytes = [...beginAnswer(response, await ask(body))];
        const timer = setInterval(() => {
          const byte = bytes.shift();
          if (byte !== undefined) response.write(Uint8Array.of(byte));
          if (bytes.length === 0) response.end();
        }, TRICKLE_MS);
        response.once('close', () => clearInterval(timer));
        return;
      }
      case 'cut-answer': {
        const whole = beginAnswer(response, await ask(body));
        response.write(whole.subarray(0, whole.length / 2), () => close(response));
        return;
      }
      case 'partly': {
        const { status, headers, body: told } = await ask(Buffer.from(fate.ask));
        const { 'content-length': _length, 'x-amz-crc32': _checksum, ...others } = headers;
        response.writeHead(status, others);
        response.end(fate.tell(told.toString('utf8')));
        return;
      }
      case 'slow':
        await delay(fate.ms);
        break;
      case 'pass':
        break;
    }
    const answer = await ask(body);
    response.writeHead(answer.status, answer.headers);
    response.end(answer.body);
  }

  const server = createServer((incoming, response) => {
    // The endpoint is gone, or the function that asked: to the one who waits, both are a lost answer.
    handle(incoming, response).catch(() => close(response));
  });
  // An idle connection is left to its client, or who closed it could not be told.
  server.keepAliveTimeout = 0;
  server.on('connection', (socket) => {
    socket.once('close', () => {
      const request = last.get(socket);
      if (request !== undefined) hungUp?.(request);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    operations,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      agent.destroy();
      await closed;
    },
  };
}

const TRICKLE_MS = 1_000;

/** Sends the headers of an answer, as if all of it would follow; answers its body. */
function beginAnswer(
  response: ServerResponse,
  { status, headers, body }: Awaited<ReturnType<typeof forward>>,
): Buffer {
  response.writeHead(status, { ...headers, 'content-length': body.length });
  response.flushHeaders();
  return body;
}

function operationOf({ headers, method, url = '/' }: IncomingMessage): string {
  const target = headers['x-amz-target'];
  return typeof target === 'string' ? (target.split('.').at(-1) ?? target) : `${method} ${url.split('?')[0]}`;
}

async function forward(target: string, agent: Agent, incoming: IncomingMessage, body: Buffer) {
  const { 'transfer-encoding': _chunked, ...asked } = incoming.headers;
  const outgoing = httpRequest(new URL(incoming.url ?? '/', target), {
    agent,
    method: incoming.method ?? 'POST',
    headers: { ...asked, 'content-length': body.length, connection: 'keep-alive' },
  });
  outgoing.end(body);
  const [answer]: IncomingMessage[] = await once(outgoing, 'response');
  if (answer === undefined) throw new Error('no response');
  const { connection: _connection, 'transfer-encoding': _encoding, ...headers } = answer.headers;
  return { status: answer.statusCode ?? 502, headers, body: await buffer(answer) };
}
