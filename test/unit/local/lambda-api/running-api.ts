import { LambdaClient } from '@aws-sdk/client-lambda';
import { onTestFinished } from 'vitest';
import { eventSourceMappings } from '../../../../local/event-sources/mappings.ts';
import { startGateway } from '../../../../local/gateway/gateway.ts';
import { openPort } from '../../../../local/gateway/loopback.ts';
import { type LambdaApiPorts, lambdaApi } from '../../../../local/lambda-api/lambda-api.ts';
import type { FunctionModel } from '../../../../local/resources/function.ts';
import { success } from '../../../support/invocation-results.ts';

export function functionModel(name: string, overrides: Partial<FunctionModel> = {}): FunctionModel {
  return {
    logicalId: name,
    path: `App/${name}`,
    name,
    arn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
    runtime: 'nodejs24.x',
    handler: 'index.handler',
    codeDir: `/code/${name}`,
    memoryMiB: 256,
    timeoutSeconds: 30,
    reservedConcurrency: undefined,
    environment: { TABLE: 'orders' },
    ...overrides,
  };
}

/** No mapping at all. */
const none = eventSourceMappings([], {
  startSource: () => Promise.reject(new Error('there is none')),
  enabled: { load: () => true, save: () => {} },
  clock: () => 0,
  log: () => {},
});

/** The Lambda API on a gateway of its own, and AWS's own client for it. */
export async function runningApi(ports: Partial<LambdaApiPorts> = {}) {
  const invocations: { functionName: string; event: string }[] = [];
  const queued: { functionName: string; event: string }[] = [];
  const gateway = startGateway({
    apis: [],
    at: await openPort(0),
    invoke: async () => ({ kind: 'throttled' }),
    account: '000000000000',
    prefixes: lambdaApi({
      functions: () => [functionModel('consumer')],
      invoke: async (functionName, event) => {
        invocations.push({ functionName, event });
        return success({ got: JSON.parse(event) });
      },
      enqueue: (functionName, event) => queued.push({ functionName, event }),
      mappings: () => none,
      newRequestId: () => 'request-1',
      ...ports,
    }),
    clock: () => 0,
    newRequestId: () => 'id',
    onError: (error) => {
      throw error;
    },
  });
  const client = new LambdaClient({
    endpoint: gateway.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  onTestFinished(async () => {
    client.destroy();
    await gateway.stop();
  });
  return { url: gateway.url, client, invocations, queued };
}
