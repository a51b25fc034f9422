import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { toStart } from '../command-line.ts';
import { LocalCloudError } from '../errors.ts';

/** A port of 127.0.0.1 that is taken from the beginning on, before there is anything to serve. */
export interface OpenPort {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Has requests answered by `listener`; those before it are told that the cloud is starting. */
  serve(listener: RequestListener): void;
  /** Cuts every connection. Idempotent. */
  close(): Promise<void>;
}

/** What is answered, with status 503, while a local cloud starts. */
export const STARTING = { message: 'Service Unavailable', starting: true } as const;

/** Answers that the cloud is starting. */
export function answerStarting(response: ServerResponse): void {
  response.writeHead(503, { 'content-type': 'application/json' }).end(JSON.stringify(STARTING));
}

/**
 * A client that has sent no complete request by then is cut off. How long its answer takes is for whoever answers to say:
 * an invocation takes up to 15 minutes, in which nothing moves on the connection.
 */
const REQUEST_TIMEOUT_MS = 30_000;

/** Takes a port, 0 is any free one. Rejects with `PORT_TAKEN` if it is in use. */
export async function openPort(port: number): Promise<OpenPort> {
  let listener: RequestListener = (_request, response) => answerStarting(response);
  const server = createServer((request, response) => listener(request, response));
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  const url = `http://127.0.0.1:${await listen(server, port)}`;
  return {
    url,
    serve(what) {
      listener = what;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Has a server listen on 127.0.0.1; resolves with its port. Rejects with `PORT_TAKEN` if the one wanted is in use. */
export function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, port)));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function listenError(error: Error, port: number): Error {
  if (!('code' in error) || error.code !== 'EADDRINUSE') return error;
  return new LocalCloudError('PORT_TAKEN', `Port ${port} of 127.0.0.1 is in use.`, {
    remedy: [`Take any free one: ${toStart('--port 0')}`],
    retriable: true,
    cause: error,
  });
}

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Whether a request may come in, by its `Host` and `Origin` headers.
 *
 * The gateway listens on loopback and asks nobody for a password, so a browser on the same machine is a door for any web
 * page that is open in it. A page whose own host name has been pointed at 127.0.0.1 (DNS rebinding) may even read the
 * answers, but its requests still carry that name in `Host`. A page that merely posts to 127.0.0.1 can't read answers,
 * but could place orders; its requests carry its own address in `Origin`. Neither gets in. Clients that are no browsers
 * send no `Origin`.
 */
export function isLocalRequest(host: string | undefined, origin: string | undefined): boolean {
  if (host === undefined || !loopbackNames.has(hostname(`http://${host}`))) return false;
  return origin === undefined || loopbackNames.has(hostname(origin));
}

function hostname(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : '';
}

/**
 * Reads a request's body: `too-large` if it is longer than `maxBytes`, `aborted` if the client leaves before its end.
 *
 * What is too large is read to its end all the same, and thrown away: a client that is still sending when the connection
 * closes would see a broken connection instead of the answer.
 */
export function readBody(
  request: IncomingMessage,
  maxBytes: number,
): Promise<Uint8Array | 'too-large' | 'aborted'> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= maxBytes) chunks.push(chunk);
      else chunks.length = 0;
    });
    request.on('end', () => resolve(length <= maxBytes ? Buffer.concat(chunks) : 'too-large'));
    // After the end this changes nothing.
    request.on('close', () => resolve('aborted'));
  });
}
