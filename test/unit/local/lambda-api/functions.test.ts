import {
  DeleteFunctionCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  ListFunctionsCommand,
  paginateListFunctions,
  waitUntilFunctionActiveV2,
} from '@aws-sdk/client-lambda';
import { expect, test } from 'vitest';
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
