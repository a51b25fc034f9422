import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PrefixHandler } from '../gateway/gateway.ts';
import { readBody } from '../gateway/loopback.ts';
import {
  getEventSourceMapping,
  listEventSourceMappings,
  type MappingPorts,
  updateEventSourceMapping,
} from './event-source-mappings.ts';
import {
  getFunction,
  getFunctionConfiguration,
  type InvokePorts,
  invoke,
  LONGEST_PAYLOAD_BYTES,
  listFunctions,
} from './functions.ts';
import { type ApiAnswer, type ApiCall, apiError } from './protocol.ts';

export interface LambdaApiPorts extends InvokePorts, MappingPorts {
  /** A UUID. */
  readonly newRequestId: () => string;
}

type Operation = (ports: LambdaApiPorts, call: ApiCall) => ApiAnswer | Promise<ApiAnswer>;

/** What is served, by method and path; the group is the call's subject. The AWS CLI ends its lists with a slash. */
const operations: readonly (readonly [method: string, path: RegExp, operation: Operation])[] = [
  ['GET', /^\/2015-03-31\/functions\/?$/, ({ functions }, call) => listFunctions(functions(), call)],
  ['GET', /^\/2015-03-31\/functions\/([^/]+)$/, ({ functions }, call) => getFunction(functions(), call)],
  [
    'GET',
    /^\/2015-03-31\/functions\/([^/]+)\/configuration$/,
    ({ functions }, call) => getFunctionConfiguration(functions(), call),
  ],
  ['POST', /^\/2015-03-31\/functions\/([^/]+)\/invocations$/, invoke],
  ['GET', /^\/2015-03-31\/event-source-mappings\/?$/, listEventSourceMappings],
  ['GET', /^\/2015-03-31\/event-source-mappings\/([^/]+)$/, getEventSourceMapping],
  ['PUT', /^\/2015-03-31\/event-source-mappings\/([^/]+)$/, updateEventSourceMapping],
];

/**
 * Serves the part of the Lambda API that works with what a template has made: functions are invoked and read, event
 * source mappings read, enabled and disabled. Every other operation is refused by name.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html
 */
export function lambdaApi(ports: LambdaApiPorts): readonly PrefixHandler[] {
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await readBody(request, LONGEST_PAYLOAD_BYTES);
    if (body === 'aborted') return;
    const { status, headers, body: content } = await answer(ports, request, body);
    response.writeHead(status, {
      'x-amzn-requestid': ports.newRequestId(),
      ...headers,
      // A 204 has no length.
      ...(status !== 204 && { 'content-length': content.length }),
    });
    response.end(content);
  };
  return ['/2015-03-31/functions', '/2015-03-31/event-source-mappings'].map((prefix) => ({ prefix, handle }));
}

function answer(
  ports: LambdaApiPorts,
  request: IncomingMessage,
  body: Uint8Array | 'too-large',
): ApiAnswer | Promise<ApiAnswer> {
  if (body === 'too-large') {
    const message = `Request must be smaller than ${LONGEST_PAYLOAD_BYTES} bytes for the InvokeFunction operation`;
    return apiError('RequestTooLargeException', message);
  }
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  for (const [method, path, operation] of operations) {
    const match = method === request.method ? path.exec(pathname) : null;
    if (match === null) continue;
    const subject = decoded(match[1] ?? '');
    if (subject === undefined) return apiError('InvalidParameterValueException', 'The path is malformed.');
    const header = (name: string) => request.headers[name]?.toString();
    return operation(ports, { subject, query: searchParams, header, body });
  }
  const message = `The local cloud has no such operation of the Lambda API: ${request.method} ${pathname}`;
  return apiError('UnknownOperationException', message);
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
