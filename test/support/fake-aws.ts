import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type ReceivedRequest, signatureOf } from './signature.ts';

/** Credentials that `fakeAws` knows. */
const SECRET = 'the-secret-of-a-test';

/** What CloudFormation knows of a stack. */
interface FakeStack {
  readonly outputs: Readonly<Record<string, string>>;
  /** Physical ids by logical id, of resources of this type. */
  readonly mappings: Readonly<Record<string, string>>;
}

export interface FakeAwsOptions {
  /** By name; `url` is where this AWS listens. */
  readonly stacks: (url: string) => Readonly<Record<string, FakeStack>>;
  /** Where requests that are no call of CloudFormation go, if they are let in. @default - nowhere */
  readonly apiUrl?: () => string;
  /** What CloudFormation answers every call with, instead of a stack. */
  readonly refusal?: { readonly code: string; readonly message: string };
}

/** A part of AWS on this machine. */
export interface FakeAws {
  readonly url: string;
  /** `<service> <action or method and path>` of every request that was let in. */
  readonly requests: readonly string[];
  /** What points the AWS SDK here, with credentials, and at nothing else of this machine's own. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Resources on one page of `ListStackResources`, so that a test has several. */
const PAGE = 2;

/**
 * CloudFormation in its query protocol, and before an HTTP API the authorizer that API Gateway would be. Every request has
 * to be signed for what it calls.
 */
export async function fakeAws(options: FakeAwsOptions): Promise<FakeAws> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const { method = '', url: target = '' } = request;
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    const received: ReceivedRequest = { method, target, headers, body };
    const signature = signatureOf(received, SECRET);
    const service = typeof signature === 'string' ? signature : signature.service;
    const call = new URLSearchParams(body);
    const action = call.get('Action');
    if (action === null) return forward(received, service, response);
    if (service !== 'cloudformation') return fail(response, 'SignatureDoesNotMatch', `signed: ${service}`);
    requests.push(`cloudformation ${action}`);
    const { refusal } = options;
    if (refusal !== undefined) return fail(response, refusal.code, refusal.message);
    const name = call.get('StackName') ?? '';
    const stack = options.stacks(url)[name];
    if (stack === undefined) return fail(response, 'ValidationError', `Stack with id ${name} does not exist`);
    xml(
      response,
      200,
      `<${action}Response>${resultOf(action, name, stack, call.get('NextToken'))}</${action}Response>`,
    );
  }

  async function forward(
    received: ReceivedRequest,
    service: string,
    response: ServerResponse,
  ): Promise<void> {
    const { method, target, headers, body } = received;
    const { apiUrl } = options;
    if (apiUrl === undefined || service !== 'execute-api') {
      response.writeHead(403, { 'content-type': 'application/json' }).end('{"message":"Forbidden"}');
      return;
    }
    requests.push(`api ${method} ${target}`);
    const { host: _host, connection: _connection, 'content-length': _length, ...others } = headers;
    const sent = Object.entries(others).filter((pair): pair is [string, string] => pair[1] !== undefined);
    const answered = await fetch(new URL(target, apiUrl()), {
      method,
      headers: Object.fromEntries(sent.filter(([name]) => name !== 'authorization')),
      ...(method === 'POST' && { body }),
    });
    response
      .writeHead(answered.status, { 'content-type': answered.headers.get('content-type') ?? '' })
      .end(await answered.text());
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    requests,
    env: {
      AWS_ENDPOINT_URL_CLOUDFORMATION: url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: SECRET,
      AWS_SESSION_TOKEN: '',
      AWS_PROFILE: '',
      ...NO_PROFILES,
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Nothing that this machine knows of AWS. */
export const NO_PROFILES = {
  AWS_CONFIG_FILE: '/nonexistent/config',
  AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/credentials',
  AWS_EC2_METADATA_DISABLED: 'true',
};

function resultOf(action: string, name: string, stack: FakeStack, token: string | null): string {
  if (action === 'DescribeStacks') {
    const outputs = Object.entries(stack.outputs)
      .map(
        ([key, value]) =>
          `<member><OutputKey>${key}</OutputKey><OutputValue>${escaped(value)}</OutputValue></member>`,
      )
      .join('');
    return `<DescribeStacksResult><Stacks><member><StackName>${name}</StackName><CreationTime>2026-11-01T00:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus><Outputs>${outputs}</Outputs></member></Stacks></DescribeStacksResult>`;
  }
  const all = [
    ['Orders', 'AWS::DynamoDB::GlobalTable', 'orders'],
    ...Object.entries(stack.mappings).map(([id, uuid]) => [id, 'AWS::Lambda::EventSourceMapping', uuid]),
  ];
  const from = Number(token ?? 0);
  const members = all
    .slice(from, from + PAGE)
    .map(
      ([id, type, physical]) =>
        `<member><LogicalResourceId>${id}</LogicalResourceId><ResourceType>${type}</ResourceType><PhysicalResourceId>${physical}</PhysicalResourceId><ResourceStatus>CREATE_COMPLETE</ResourceStatus><LastUpdatedTimestamp>2026-11-01T00:00:00Z</LastUpdatedTimestamp></member>`,
    )
    .join('');
  const next = from + PAGE < all.length ? `<NextToken>${from + PAGE}</NextToken>` : '';
  return `<ListStackResourcesResult><StackResourceSummaries>${members}</StackResourceSummaries>${next}</ListStackResourcesResult>`;
}

function fail(response: ServerResponse, code: string, message: string): void {
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${escaped(message)}</Message></Error>`;
  xml(response, 400, `<ErrorResponse>${error}<RequestId>0</RequestId></ErrorResponse>`);
}

function xml(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'text/xml' }).end(body);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
