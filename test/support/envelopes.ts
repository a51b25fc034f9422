import { kafkaEvent, type LambdaRecord } from './kafka-event.ts';

/** Lambda's message about records that it gave up, as AWS documents it for a Kafka topic; `changes` go over its top level. */
export function envelopeOf(
  records: readonly LambdaRecord[],
  changes: Readonly<Record<string, unknown>> = {},
) {
  return {
    requestContext: requestContext(),
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    version: '1.0',
    timestamp: '2026-03-01T12:30:00.000Z',
    KafkaBatchInfo: {
      batchSize: records.length,
      eventSourceArn:
        'arn:aws:kafka:eu-west-1:000000000000:cluster/demo/11111111-2222-3333-4444-555555555555-1',
      bootstrapServers: 'b-1.demo:9098',
      payloadSize: 321,
      recordInfo: { offset: '41', timestamp: '2026-03-01T11:59:58.000Z' },
    },
    payload: {
      bootstrapServers: 'b-1.demo:9098',
      eventSource: 'aws:kafka',
      eventSourceArn:
        'arn:aws:kafka:eu-west-1:000000000000:cluster/demo/11111111-2222-3333-4444-555555555555-1',
      ...kafkaEvent(records),
    } as unknown,
    ...changes,
  };
}

/** The head of it: who was invoked, and why Lambda gave up. */
export function requestContext(changes: Readonly<Record<string, unknown>> = {}) {
  return {
    requestId: 'request-7',
    functionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:the-email-function:$LATEST',
    condition: 'RetriesExhausted',
    approximateInvokeCount: 31,
    ...changes,
  };
}

/** The record of the dead-letter topic that has these bytes, or the JSON of this object. */
export function deadLetterMessage(value: Uint8Array | object | null, offset = 0): LambdaRecord {
  const bytes = value === null || value instanceof Uint8Array ? value : Buffer.from(JSON.stringify(value));
  return {
    topic: 'orders.dead-letters',
    partition: 1,
    offset,
    timestamp: 1_772_368_200_000 + offset,
    timestampType: 'CREATE_TIME',
    key: Buffer.from('of no meaning').toString('base64'),
    value: bytes === null ? null : Buffer.from(bytes).toString('base64'),
    headers: [],
  };
}
