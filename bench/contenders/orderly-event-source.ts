import { randomUUID } from 'node:crypto';
import { AS_DOCUMENTED } from '../../local/event-sources/kafka/emulation.ts';
import { startKafkaEventSource } from '../../local/event-sources/kafka/source.ts';
import { createFunctionHost, DEFAULT_ENVIRONMENTS } from '../../local/lambda/host.ts';
import type { EventSource } from '../workloads/event-source.ts';

/** This project's Kafka event source and function host: the function is a child process behind the Runtime API. */
export const orderlyEventSource: EventSource = async (assignment, onHandled) => {
  const { bootstrapServers, topic, groupId, batchSize, codeDir, handler } = assignment;
  const functionName = 'consumer';
  const functionArn = `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`;
  const host = createFunctionHost({
    maxEnvironments: DEFAULT_ENVIRONMENTS,
    functions: [
      {
        logicalId: 'Consumer',
        path: 'Bench/Consumer',
        name: functionName,
        arn: functionArn,
        runtime: 'nodejs24.x',
        handler: `index.${handler}`,
        codeDir,
        memoryMiB: 512,
        timeoutSeconds: 30,
        reservedConcurrency: undefined,
        environment: {},
      },
    ],
    environment: () => ({}),
    onLog: () => undefined,
    clock: () => performance.timeOrigin + performance.now(),
    newRequestId: randomUUID,
  });
  await host.warmUp();
  await startKafkaEventSource(
    {
      logicalId: 'Mapping',
      path: 'Bench/Mapping',
      uuid: randomUUID(),
      arn: 'arn:aws:lambda:us-east-1:000000000000:event-source-mapping:bench',
      functionName,
      functionArn,
      enabled: true,
      batchSize,
      windowMs: 0,
      partialResponses: false,
      maximumRetryAttempts: 'infinite',
      maximumRecordAgeMs: undefined,
      bisect: false,
      onFailureTopic: undefined,
      kind: 'kafka',
      clusterArn: 'arn:aws:kafka:us-east-1:000000000000:cluster/bench/1',
      topic,
      groupId,
      startingPosition: { at: 'TRIM_HORIZON' },
      pollers: 1,
    },
    {
      bootstrapServers,
      async invoke(name, event) {
        const result = await host.invoke(name, event);
        if (result.kind !== 'success') throw new Error(`the function ended in ${result.kind}`);
        onHandled(Number(Buffer.from(result.payload).toString()));
        return result;
      },
      emulation: AS_DOCUMENTED,
      clock: Date.now,
      random: Math.random,
      newId: randomUUID,
      log: () => undefined,
    },
  );
};
