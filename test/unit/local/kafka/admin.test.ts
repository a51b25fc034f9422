import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import { expect, test } from 'vitest';
import { LocalCloudError } from '../../../../local/errors.ts';
import { askBroker } from '../../../../local/kafka/admin.ts';

/** A client whose admin connections are counted. */
function aKafka() {
  const connections = { opened: 0, closed: 0 };
  const admin = {
    connect: async () => {
      connections.opened += 1;
    },
    disconnect: async () => {
      connections.closed += 1;
    },
  } as unknown as Admin;
  return { kafka: { admin: () => admin } as unknown as Kafka, connections };
}

/** Fails with these, one after the other, and answers then. */
function failing(...errors: readonly unknown[]) {
  const left = [...errors];
  return async () => {
    if (left.length > 0) throw left.shift();
    return 'answer';
  };
}

function saidByBroker(type: string, retriable: boolean): Error {
  return new kafkajs.KafkaJSProtocolError(Object.assign(new Error(type), { type, code: 14, retriable }));
}

function namedByKafkajs(name: string): Error {
  return Object.assign(new kafkajs.KafkaJSNonRetriableError('Failed to find group coordinator'), { name });
}

test.each([
  ['a coordinator that loads its groups', saidByBroker('GROUP_LOAD_IN_PROGRESS', true)],
  ['a coordinator that has moved', saidByBroker('NOT_COORDINATOR_FOR_GROUP', false)],
  ['no coordinator yet', namedByKafkajs('KafkaJSGroupCoordinatorNotFound')],
  ['an error of kafkajs without a code', new kafkajs.KafkaJSError('Failed to find group coordinator')],
  [
    'some of several topics',
    new kafkajs.KafkaJSAggregateError('', [saidByBroker('REQUEST_TIMED_OUT', true)]),
  ],
])('asks again after %s', async (_, error) => {
  const { kafka, connections } = aKafka();
  expect(await askBroker(kafka, failing(error, error))).toBe('answer');
  expect(connections).toEqual({ opened: 3, closed: 3 });
});

test.each([
  ['the broker refuses', saidByBroker('INVALID_CONFIG', false)],
  ['our own', new LocalCloudError('PROVISIONING_FAILED', 'no')],
])('asks once where an error is final: %s', async (_, error) => {
  const { kafka, connections } = aKafka();
  await expect(askBroker(kafka, failing(error))).rejects.toBe(error);
  expect(connections).toEqual({ opened: 1, closed: 1 });
});

test('has one deadline for all it does: an answer that never comes, or errors without end', async () => {
  const { kafka, connections } = aKafka();
  const silence = askBroker(kafka, () => new Promise(() => undefined), 50);
  await expect(silence).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE', retriable: true });
  const error = saidByBroker('GROUP_LOAD_IN_PROGRESS', true);
  await expect(askBroker(kafka, failing(error, error, error, error), 250)).rejects.toBe(error);
  expect(connections.opened).toBe(connections.closed);
});
