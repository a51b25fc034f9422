import {
  GetEventSourceMappingCommand,
  ListEventSourceMappingsCommand,
  type ListEventSourceMappingsRequest,
  UpdateEventSourceMappingCommand,
  type UpdateEventSourceMappingRequest,
} from '@aws-sdk/client-lambda';
import { expect, test, vi } from 'vitest';
import { fakeMappings, kafkaMapping, streamMapping } from '../event-sources/fake-mappings.ts';
import { functionModel, runningApi } from './running-api.ts';

const kafka = kafkaMapping('k', { startingPosition: { at: 'AT_TIMESTAMP', timestampMs: 1_700_000_000_000 } });
const stream = streamMapping('s', { maximumRetryAttempts: 'infinite', maximumRecordAgeMs: 90_000 });

async function running() {
  const all = fakeMappings([stream, kafka]);
  await all.mappings.start();
  const api = await runningApi({
    functions: () => [functionModel('consumer'), functionModel('relay')],
    mappings: () => all.mappings,
  });
  return { ...api, ...all };
}

test('a Kafka mapping tells what it reads, as whom, and how it is', async () => {
  const { client } = await running();

  const found = await client.send(new GetEventSourceMappingCommand({ UUID: 'k' }));

  expect(found).toMatchObject({
    UUID: 'k',
    EventSourceMappingArn: kafka.arn,
    EventSourceArn: kafka.clusterArn,
    FunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:consumer',
    State: 'Enabled',
    StateTransitionReason: 'USER_INITIATED',
    LastModified: expect.any(Date),
    LastProcessingResult: 'OK',
    BatchSize: 100,
    MaximumBatchingWindowInSeconds: 0.5,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    MaximumRetryAttempts: 3,
    MaximumRecordAgeInSeconds: -1,
    BisectBatchOnFunctionError: true,
    DestinationConfig: { OnFailure: { Destination: 'kafka://orders.dead-letters' } },
    Topics: ['orders'],
    AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: 'group-k' },
    StartingPosition: 'AT_TIMESTAMP',
    StartingPositionTimestamp: new Date(1_700_000_000_000),
  });
});

test('a stream mapping tells its stream and its filters', async () => {
  const { client } = await running();

  expect(await client.send(new GetEventSourceMappingCommand({ UUID: 's' }))).toMatchObject({
    EventSourceArn: stream.streamArn,
    StartingPosition: 'LATEST',
    MaximumRetryAttempts: -1,
    MaximumRecordAgeInSeconds: 90,
    FilterCriteria: { Filters: [{ Pattern: '{"eventName":["INSERT"]}' }] },
  });
});

test.each<[string, ListEventSourceMappingsRequest, string[]]>([
  ['all', {}, ['k', 's']],
  ['those of a function', { FunctionName: 'relay' }, ['s']],
  ['those of a function by ARN', { FunctionName: functionModel('consumer').arn }, ['k']],
  ['those of a source', { EventSourceArn: kafka.clusterArn }, ['k']],
  ['those of both', { EventSourceArn: kafka.clusterArn, FunctionName: 'relay' }, []],
  ['none of an unknown function', { FunctionName: 'nobody' }, []],
])('the list has %s', async (_what, filters, uuids) => {
  const { client } = await running();
  const { EventSourceMappings } = await client.send(new ListEventSourceMappingsCommand(filters));
  expect(EventSourceMappings?.map(({ UUID }) => UUID)).toEqual(uuids);
});

test('the list comes in pages', async () => {
  const { client } = await running();
  const first = await client.send(new ListEventSourceMappingsCommand({ MaxItems: 1 }));
  const second = await client.send(
    new ListEventSourceMappingsCommand({ MaxItems: 1, Marker: first.NextMarker }),
  );
  const uuids = [first, second].map(({ EventSourceMappings }) =>
    EventSourceMappings?.map(({ UUID }) => UUID),
  );
  expect([...uuids, second.NextMarker]).toEqual([['k'], ['s'], undefined]);
});

test('a mapping is disabled and enabled, and tells both states on the way', async () => {
  const { client, sources } = await running();
  const state = async () => (await client.send(new GetEventSourceMappingCommand({ UUID: 'k' }))).State;
  const set = (Enabled: boolean) => client.send(new UpdateEventSourceMappingCommand({ UUID: 'k', Enabled }));

  expect(await set(false)).toMatchObject({
    UUID: 'k',
    State: 'Disabling',
    $metadata: { httpStatusCode: 202 },
  });
  await expect(set(true)).rejects.toMatchObject({
    name: 'ResourceInUseException',
    message: expect.stringContaining('Disabling'),
  });
  sources.find(({ mapping }) => mapping.uuid === 'k')?.drained();
  await vi.waitUntil(async () => (await state()) === 'Disabled');

  expect((await set(true)).State).toBe('Enabling');
  await vi.waitUntil(async () => (await state()) === 'Enabled');
});

test('an update of nothing changes nothing', async () => {
  const { client, sources } = await running();
  expect((await client.send(new UpdateEventSourceMappingCommand({ UUID: 'k' }))).State).toBe('Enabled');
  expect(sources.flatMap(({ calls }) => calls)).toEqual([]);
});

test.each<[string, Partial<UpdateEventSourceMappingRequest>]>([
  ['BatchSize', { BatchSize: 1 }],
  ['FunctionName', { FunctionName: 'relay' }],
  ['MaximumRetryAttempts', { Enabled: false, MaximumRetryAttempts: 1 }],
])('an update of %s is refused by name, and changes nothing of the rest', async (parameter, change) => {
  const { client, sources } = await running();
  const update = client.send(new UpdateEventSourceMappingCommand({ UUID: 'k', ...change }));
  await expect(update).rejects.toMatchObject({
    name: 'InvalidParameterValueException',
    message: expect.stringMatching(`^${parameter}:`),
  });
  expect(sources.flatMap(({ calls }) => calls)).toEqual([]);
});

test.each([
  ['"text"', 'InvalidRequestContentException'],
  ['{', 'InvalidRequestContentException'],
  ['{"Enabled":"no"}', 'InvalidParameterValueException'],
])('an update with the body %s is refused', async (body, type) => {
  const { url } = await running();
  const response = await fetch(`${url}/2015-03-31/event-source-mappings/k`, { method: 'PUT', body });
  expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([400, type]);
});

test('an unknown mapping is not found', async () => {
  const { client } = await running();
  const notFound = { name: 'ResourceNotFoundException', $metadata: { httpStatusCode: 404 } };
  await expect(client.send(new GetEventSourceMappingCommand({ UUID: 'x' }))).rejects.toMatchObject(notFound);
  const update = client.send(new UpdateEventSourceMappingCommand({ UUID: 'x', Enabled: false }));
  await expect(update).rejects.toMatchObject(notFound);
});
