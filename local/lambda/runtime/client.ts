import { Agent, type IncomingMessage, request } from 'node:http';

/** One invocation as `/runtime/invocation/next` hands it over. */
export interface NextInvocation {
  readonly requestId: string;
  readonly deadlineMs: number;
  readonly functionArn: string;
  readonly traceId: string | undefined;
  /** JSON of the event. */
  readonly event: string;
}

/** The Runtime API, seen from inside an execution environment. Every method rejects if the host is gone. */
export interface RuntimeClient {
  next(): Promise<NextInvocation>;
  respond(requestId: string, body: string): Promise<void>;
  fail(requestId: string, errorType: string, document: string): Promise<void>;
  failInit(errorType: string, document: string): Promise<void>;
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html */
export function runtimeClient(endpoint: string): RuntimeClient {
  const separator = endpoint.lastIndexOf(':');
  const target = {
    host: endpoint.slice(0, separator),
    port: endpoint.slice(separator + 1),
    agent: new Agent({ keepAlive: true }),
  };

  function call(method: string, path: string, body: string | undefined, headers: Record<string, string>) {
    return new Promise<{ response: IncomingMessage; text: string }>((resolve, reject) => {
      const options = { ...target, method, path: `/2018-06-01/runtime/${path}`, headers };
      const outgoing = request(options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => resolve({ response, text: Buffer.concat(chunks).toString() }));
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  async function post(path: string, body: string, errorType?: string): Promise<void> {
    await call('POST', path, body, {
      'content-type': 'application/json',
      ...(errorType === undefined ? {} : { 'lambda-runtime-function-error-type': errorType }),
    });
  }

  return {
    async next() {
      const { response, text } = await call('GET', 'invocation/next', undefined, {});
      const header = (name: string) => response.headers[`lambda-runtime-${name}`]?.toString();
      const requestId = header('aws-request-id');
      if (response.statusCode !== 200 || requestId === undefined) {
        throw new Error(`The Runtime API answered ${response.statusCode} to invocation/next.`);
      }
      return {
        requestId,
        deadlineMs: Number(header('deadline-ms')),
        functionArn: header('invoked-function-arn') ?? '',
        traceId: header('trace-id'),
        event: text,
      };
    },
    respond: (requestId, body) => post(`invocation/${requestId}/response`, body),
    fail: (requestId, errorType, document) => post(`invocation/${requestId}/error`, document, errorType),
    failInit: (errorType, document) => post('init/error', document, errorType),
  };
}
