import { createServer, type ServerResponse } from 'node:http';
import { listen, readBody } from '../gateway/loopback.ts';
import { MAX_RESPONSE_BYTES } from './invocation.ts';

/** What `/runtime/invocation/next` answers: one invocation. */
export interface Handout {
  readonly requestId: string;
  /** Epoch milliseconds. */
  readonly deadlineMs: number;
  readonly functionArn: string;
  readonly traceId: string;
  /** JSON of the event. */
  readonly event: string;
}

/** A request body of at most {@link MAX_RESPONSE_BYTES}. */
export type Body = Uint8Array | 'too-large';

/** What a runtime says. Each says whether that was the moment to say it; if not, the runtime is told and nothing happens. */
export interface RuntimeListener {
  /** The runtime is ready for an invocation: `hand` is to be called once, when there is one. */
  onNext(hand: (handout: Handout) => void): boolean;
  /** The connection on which the runtime waited for an invocation is cut, and none was handed over. */
  onLost(): void;
  onResponse(requestId: string, body: Body): boolean;
  onError(requestId: string, body: Body, errorType: string | undefined): boolean;
  /** Also what ends the process in the middle of an invocation: runtimes report an uncaught exception here. */
  onInitError(body: Body, errorType: string | undefined): boolean;
}

export interface RuntimeApi {
  /** `host:port` for `AWS_LAMBDA_RUNTIME_API`. */
  readonly endpoint: string;
  close(): void;
}

/**
 * Serves the Lambda Runtime API, version 2018-06-01, to one execution environment, on a loopback port of its own: a
 * runtime interface client is told a host and a port and no path.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export async function serveRuntimeApi(listener: RuntimeListener): Promise<RuntimeApi> {
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    if (path === '/2018-06-01/runtime/invocation/next' && request.method === 'GET') {
      next(response, listener);
      return;
    }
    const report = request.method === 'POST' ? reportOf(path) : undefined;
    if (report === undefined) {
      answer(response, 404, { errorType: 'NotFound', errorMessage: 'No such path in the Runtime API.' });
      return;
    }
    const errorType = request.headers['lambda-runtime-function-error-type']?.toString();
    void readBody(request, MAX_RESPONSE_BYTES).then((body) => {
      // What its runtime's death cut off is nothing: its process tells the end.
      if (body === 'aborted') return;
      if (!accept(listener, report, body, errorType)) refuse(response);
      else if (body === 'too-large')
        answer(response, 413, { errorType: 'RequestEntityTooLarge', errorMessage: '' });
      else answer(response, 202, { status: 'OK' });
    });
  });
  // The connection idles while a handler works: no limit may close it meanwhile.
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;

  const port = await listen(server, 0);
  return {
    endpoint: `127.0.0.1:${port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

type Report =
  | { readonly kind: 'response' | 'error'; readonly requestId: string }
  | { readonly kind: 'init-error' };

function reportOf(path: string): Report | undefined {
  if (path === '/2018-06-01/runtime/init/error') return { kind: 'init-error' };
  const [, requestId, kind] =
    /^\/2018-06-01\/runtime\/invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
  if (requestId === undefined) return undefined;
  return { kind: kind === 'response' ? 'response' : 'error', requestId };
}

function accept(
  listener: RuntimeListener,
  report: Report,
  body: Body,
  errorType: string | undefined,
): boolean {
  switch (report.kind) {
    case 'response':
      return listener.onResponse(report.requestId, body);
    case 'error':
      return listener.onError(report.requestId, body, errorType);
    case 'init-error':
      return listener.onInitError(body, errorType);
  }
}

function next(response: ServerResponse, listener: RuntimeListener): void {
  const lost = () => listener.onLost();
  const accepted = listener.onNext((handout) => {
    response.off('close', lost);
    hand(response, handout);
  });
  if (!accepted) refuse(response);
  else if (!response.headersSent) response.once('close', lost);
}

function hand(response: ServerResponse, handout: Handout): void {
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(handout.event),
    'lambda-runtime-aws-request-id': handout.requestId,
    'lambda-runtime-deadline-ms': handout.deadlineMs,
    'lambda-runtime-invoked-function-arn': handout.functionArn,
    'lambda-runtime-trace-id': handout.traceId,
  });
  // As a string it goes out with the headers in one write.
  response.end(handout.event);
}

function refuse(response: ServerResponse): void {
  answer(response, 400, {
    errorType: 'InvalidStateTransition',
    errorMessage: 'That is not what this environment has to report now.',
  });
}

function answer(response: ServerResponse, status: number, document: object): void {
  const body = JSON.stringify(document);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}
