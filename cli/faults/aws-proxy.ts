import { once } from 'node:events';
import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

/** A request on its way to an AWS endpoint. */
export interface AwsRequest {
  /** `BatchExecuteStatement`; where the protocol has no target header, method and path: `POST /v2/email/outbound-emails`. */
  readonly operation: string;
  readonly body: string;
}

/** What becomes of a request. */
export type Fate =
  | { readonly kind: 'pass' }
  /** It takes so many milliseconds longer. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** The endpoint doesn't get it, and this is the answer; `type` is AWS's name of the error. */
  | { readonly kind: 'answer'; readonly status: number; readonly type: string }
  /** The endpoint doesn't get it, and the connection is closed. */
  | { readonly kind: 'lost-request' }
  /** The endpoint does it, and the connection is closed instead of an answer. */
  | { readonly kind: 'lost-answer' };

export const PASS: Fate = { kind: 'pass' };

/** A proxy between a function and an AWS endpoint: it counts, and it breaks what it is told to. */
export interface AwsProxy {
  readonly url: string;
  /** Operations of the requests so far, in order of arrival. */
  readonly operations: readonly string[];
  stop(): Promise<void>;
}

/** Starts a proxy on 127.0.0.1 and a free port in front of a plain http address, which may be known later. */
export async function startAwsProxy(
  target: () => string,
  fateOf: (request: AwsRequest) => Fate = () => PASS,
): Promise<AwsProxy> {
  const operations: string[] = [];
  const agent = new Agent({ keepAlive: true });

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(incoming);
    const operation = operationOf(incoming);
    operations.push(operation);
    const fate = fateOf({ operation, body: body.toString('utf8') });
    switch (fate.kind) {
      case 'answer':
        response.writeHead(fate.status, {
          'content-type': 'application/x-amz-json-1.0',
          'x-amzn-errortype': fate.type,
        });
        response.end(JSON.stringify({ __type: fate.type, message: 'injected' }));
        return;
      case 'lost-request':
        response.destroy();
        return;
      case 'lost-answer':
        await forward(target(), agent, incoming, body);
        response.destroy();
        return;
      case 'slow':
        await delay(fate.ms);
        break;
      case 'pass':
        break;
    }
    const answer = await forward(target(), agent, incoming, body);
    response.writeHead(answer.status, answer.headers);
    response.end(answer.body);
  }

  const server = createServer((incoming, response) => {
    // The endpoint is gone, or the function that asked: to the one who waits, both are a lost answer.
    handle(incoming, response).catch(() => response.destroy());
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

function operationOf({ headers, method, url = '/' }: IncomingMessage): string {
  const target = headers['x-amz-target'];
  return typeof target === 'string' ? (target.split('.').at(-1) ?? target) : `${method} ${url.split('?')[0]}`;
}

async function forward(target: string, agent: Agent, incoming: IncomingMessage, body: Buffer) {
  const outgoing = httpRequest(new URL(incoming.url ?? '/', target), {
    agent,
    method: incoming.method ?? 'POST',
    headers: { ...incoming.headers, connection: 'keep-alive' },
  });
  outgoing.end(body);
  const [answer]: IncomingMessage[] = await once(outgoing, 'response');
  if (answer === undefined) throw new Error('no response');
  const { connection: _connection, 'transfer-encoding': _encoding, ...headers } = answer.headers;
  return { status: answer.statusCode ?? 502, headers, body: await buffer(answer) };
}
