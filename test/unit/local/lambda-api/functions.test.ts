import {
  DeleteFunctionCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  ListFunctionsCommand,
  paginateListFunctions,
  TooManyRequestsException,
  waitUntilFunctionActiveV2,
} from '@aws-sdk/client-lambda';
import { expect, test } from 'vitest';
import { functionError } from '../../../support/invocation-results.ts';
import { functionModel, runningApi } from './running-api.ts';

const configuration = {
  FunctionName: 'consumer',
  FunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:consumer',
  Runtime: 'nodejs24.x',
  Handler: 'index.handler',
  Timeout: 30,
  MemorySize: 256,
  Environment: { Variables: { TABLE: 'orders' } },
  Version: '$LATEST',
  PackageType: 'Zip',
  State: 'Active',
  LastUpdateStatus: 'Successful',
};

test('a function tells its configuration, where its code is and what is reserved for it', async () => {
  const { client } = await runningApi({
    functions: () => [functionModel('consumer', { reservedConcurrency: 2 })],
  });

  expect(await client.send(new GetFunctionCommand({ FunctionName: 'consumer' }))).toMatchObject({
    Configuration: configuration,
    Code: { Location: 'file:///code/consumer' },
    Concurrency: { ReservedConcurrentExecutions: 2 },
  });
  const found = await client.send(
    new GetFunctionConfigurationCommand({ FunctionName: 'consumer', Qualifier: '$LATEST' }),
  );
  expect(found).toMatchObject(configuration);
  expect(
    await waitUntilFunctionActiveV2({ client, maxWaitTime: 5 }, { FunctionName: 'consumer' }),
  ).toMatchObject({
    state: 'SUCCESS',
  });
});

test.each([GetFunctionCommand, GetFunctionConfigurationCommand])(
  'an unknown function is not found by %o',
  async (Command) => {
    const { client } = await runningApi();
    const call = client.send(new Command({ FunctionName: 'nobody' }));
    await expect(call).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  },
);

test('functions are listed page by page, by their names', async () => {
  const names = Array.from({ length: 51 }, (_, index) => `f${String(index).padStart(2, '0')}`);
  const { client } = await runningApi({
    functions: () => names.toReversed().map((name) => functionModel(name)),
  });

  const pages: (string | undefined)[][] = [];
  for await (const { Functions = [] } of paginateListFunctions({ client, pageSize: 40 }, {})) {
    pages.push(Functions.map(({ FunctionName }) => FunctionName));
  }
  const { Functions, NextMarker } = await client.send(new ListFunctionsCommand({}));

  expect(pages).toEqual([names.slice(0, 40), names.slice(40)]);
  expect([Functions?.length, typeof NextMarker]).toEqual([50, 'string']);
});

test.each([0, 10_001])('MaxItems of %i is refused', async (MaxItems) => {
  const { client } = await runningApi();
  await expect(client.send(new ListFunctionsCommand({ MaxItems }))).rejects.toMatchObject({
    name: 'InvalidParameterValueException',
    message: expect.stringContaining('MaxItems'),
  });
});

test('the AWS CLI lists with a slash at the end', async () => {
  const { url } = await runningApi();
  const response = await fetch(`${url}/2015-03-31/functions/`);
  expect(await response.json()).toMatchObject({ Functions: [configuration] });
});

test('what is not there of the API is refused by name', async () => {
  const { client } = await runningApi();
  await expect(client.send(new DeleteFunctionCommand({ FunctionName: 'consumer' }))).rejects.toMatchObject({
    name: 'UnknownOperationException',
    message: expect.stringContaining('DELETE /2015-03-31/functions/consumer'),
  });
});

test('a synchronous invocation brings the function`s answer', async () => {
  const { client, invocations } = await runningApi();

  const answer = await client.send(
    new InvokeCommand({ FunctionName: 'consumer', Payload: Buffer.from('{"a":"ü"}') }),
  );

  expect(answer).toMatchObject({
    StatusCode: 200,
    ExecutedVersion: '$LATEST',
    $metadata: { requestId: 'r' },
  });
  expect(answer.FunctionError).toBeUndefined();
  expect(answer.Payload?.transformToString()).toBe('{"got":{"a":"ü"}}');
  expect(invocations).toEqual([{ functionName: 'consumer', event: '{"a":"ü"}' }]);
});

test('a function error is an answer with the error document', async () => {
  const { client } = await runningApi({ invoke: async () => functionError() });

  const answer = await client.send(new InvokeCommand({ FunctionName: 'consumer' }));

  expect(answer).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled', ExecutedVersion: '$LATEST' });
  expect(JSON.parse(answer.Payload?.transformToString() ?? '')).toEqual({
    errorType: 'Error',
    errorMessage: 'no',
  });
});

test.each([
  ['its name', 'consumer', undefined],
  ['a partial ARN', '000000000000:function:consumer', undefined],
  ['its ARN', 'arn:aws:lambda:us-east-1:000000000000:function:consumer', undefined],
  ['its ARN with a qualifier', 'arn:aws:lambda:us-east-1:000000000000:function:consumer:live', undefined],
  ['its name with a qualifier', 'consumer:$LATEST', '$LATEST'],
  ['its name, beside a qualifier', 'consumer', '7'],
])('a function is found by %s', async (_form, FunctionName, Qualifier) => {
  const { client, invocations } = await runningApi();

  await client.send(new InvokeCommand({ FunctionName, ...(Qualifier && { Qualifier }) }));

  expect(invocations).toEqual([{ functionName: 'consumer', event: '{}' }]);
});

test.each([
  ['another function', 'nobody'],
  ['another account', '111111111111:function:consumer'],
  ['another region', 'arn:aws:lambda:eu-west-1:000000000000:function:consumer'],
])('%s is not found', async (_what, FunctionName) => {
  const { client, invocations } = await runningApi();

  await expect(client.send(new InvokeCommand({ FunctionName }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    message: `Function not found: ${FunctionName}`,
    Type: 'User',
    $metadata: { httpStatusCode: 404, requestId: 'request-1' },
  });
  expect(invocations).toEqual([]);
});

test.each([
  ['FunctionName', { FunctionName: 'arn:aws:s3:::bucket' }],
  ['FunctionName', { FunctionName: 'a/b' }],
  ['InvocationType', { InvocationType: 'Later' }],
  ['ClientContext', { ClientContext: 'e30=' }],
  ['TenantId', { TenantId: 't' }],
  ['DurableExecutionName', { DurableExecutionName: 'd' }],
  ['qualifier', { FunctionName: 'consumer:live', Qualifier: 'other' }],
])('what is wrong or not honoured is refused by name: %s', async (name, input) => {
  const { client, invocations } = await runningApi();
  const command = new InvokeCommand({ FunctionName: 'consumer', ...(input as object) });

  await expect(client.send(command)).rejects.toMatchObject({
    name: 'InvalidParameterValueException',
    message: expect.stringContaining(name),
  });
  expect(invocations).toEqual([]);
});

test('a payload that is no JSON is refused', async () => {
  const { client } = await runningApi();

  await expect(
    client.send(new InvokeCommand({ FunctionName: 'consumer', Payload: Buffer.from('{') })),
  ).rejects.toMatchObject({ name: 'InvalidRequestContentException', $metadata: { httpStatusCode: 400 } });
});

test.each([
  ['RequestResponse', 6 * 1024 * 1024],
  ['Event', 1024 * 1024],
] as const)('%s takes %i bytes and not one more', async (InvocationType, limit) => {
  const { client, invocations, queued } = await runningApi();
  const send = (bytes: number) => {
    const Payload = Buffer.from(`"${'x'.repeat(bytes - 2)}"`);
    return client.send(new InvokeCommand({ FunctionName: 'consumer', InvocationType, Payload }));
  };

  await send(limit);
  await expect(send(limit + 1)).rejects.toMatchObject({
    name: 'RequestTooLargeException',
    message: expect.stringContaining(`${limit} bytes`),
    $metadata: { httpStatusCode: 413 },
  });
  expect([...invocations, ...queued].map(({ event }) => event.length)).toEqual([limit]);
});

test('an asynchronous invocation is accepted and queued', async () => {
  const { client, invocations, queued } = await runningApi();

  const answer = await client.send(
    new InvokeCommand({ FunctionName: 'consumer', InvocationType: 'Event', Payload: Buffer.from('[1]') }),
  );

  expect(answer.StatusCode).toBe(202);
  expect(queued).toEqual([{ functionName: 'consumer', event: '[1]' }]);
  expect(invocations).toEqual([]);
});

test('a dry run finds the function and runs nothing', async () => {
  const { client, invocations, queued } = await runningApi();
  const dryRun = (FunctionName: string) =>
    client.send(new InvokeCommand({ FunctionName, InvocationType: 'DryRun' }));

  expect((await dryRun('consumer')).StatusCode).toBe(204);
  await expect(dryRun('nobody')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  expect([...invocations, ...queued]).toEqual([]);
});

test('a throttle is an error that SDKs know as one to be retried', async () => {
  const { client } = await runningApi({ invoke: async () => ({ kind: 'throttled' }) });

  const error = await client.send(new InvokeCommand({ FunctionName: 'consumer' })).catch((thrown) => thrown);

  expect(error).toBeInstanceOf(TooManyRequestsException);
  expect(error).toMatchObject({
    message: 'Rate Exceeded.',
    Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
    $metadata: { httpStatusCode: 429 },
  });
});
