import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
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

function listen(server: Server, port: number): Promise<number> {
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
