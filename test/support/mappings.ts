import { randomUUID } from 'node:crypto';

/** What every event source mapping of a test has unless the test is about it: batches of 100 at once, endless retries. */
export function aMapping(functionName: string) {
  return {
    logicalId: 'Mapping',
    path: 'Test/Mapping',
    uuid: randomUUID(),
    arn: 'arn:aws:lambda:us-east-1:000000000000:event-source-mapping:x',
    functionName,
    functionArn: `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
    enabled: true,
    batchSize: 100,
    windowMs: 0,
    partialResponses: true,
    maximumRetryAttempts: 'infinite',
    maximumRecordAgeMs: undefined,
    bisect: false,
  } as const;
}
