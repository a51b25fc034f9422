import { describe, expect, it } from 'vitest';
import { IN_REAL_TIME } from '../../../../functions/backoff.ts';
import { endOf, manifestIdFor } from '../../../../functions/manifest/files.ts';
import { dynamoDbManifestShipments } from '../../../../functions/manifest/shipments.ts';
import type { EncodedEvent } from '../../../../functions/orders/wire.ts';
import { dynamoDbShipments } from '../../../../functions/shipping/shipments.ts';
import { shippingHandler } from '../../../../functions/shipping/shipping.ts';
import { LAMBDA_CONTEXT, recordedConsumer } from '../../../support/consumer.ts';
import { scan, sentCommands, testClient, testTable } from '../../../support/dynamodb.ts';
import { testEngines } from '../../../support/engines.ts';
import { kafkaEventOf } from '../../../support/kafka-event.ts';
import { anOrder, cancelledEvent, placedEvent } from '../../../support/orders.ts';
import { DAY, NEXT_DAY } from '../../../support/shipments.ts';

const order = anOrder('manifest');
const { orderId } = order;
const [P, C] = [placedEvent(order), cancelledEvent(order)];
const [POST, NEXT_POST] = [manifestIdFor(DAY, 'post'), manifestIdFor(NEXT_DAY, 'post')];
const index = 'Awaiting';

describe.each(['ministack', 'dynamodbLocal'] as const)('shipments and manifests on %s', (engine) => {
  async function fixture() {
    const client = testClient(testEngines()[engine]);
    const table = await testTable(client, {
      hash: 'orderId',
      index: { name: index, hash: 'awaitingCarrier', range: 'createdAt' },
    });
    const consumer = recordedConsumer();
    const handler = shippingHandler({ ...consumer.ports, shipments: dynamoDbShipments(client, table) });
    return {
      client,
      manifests: dynamoDbManifestShipments(client, { table, index }),
      deliver: async (...events: EncodedEvent[]) => {
        expect(await handler(kafkaEventOf(events), LAMBDA_CONTEXT)).toEqual({ batchItemFailures: [] });
        return consumer.lines.at(-1)?.fields;
      },
      shipments: () => scan(client, table),
    };
  }

  it('names who waits for a carrier, of orders before a time, until they are on a manifest', async () => {
    const { manifests, deliver } = await fixture();
    await deliver(P);
    const waiting = () => manifests.awaiting('post', endOf(DAY));
    expect(await waiting()).toEqual([orderId]);
    expect(await manifests.awaiting('post', '2026-03-01T12:00:00.000Z')).toEqual([]);
    expect(await manifests.awaiting('freight', endOf(DAY))).toEqual([]);
    await manifests.assign(POST, [orderId]);
    expect(await waiting()).toEqual([]);
  });

  it('names nobody who is cancelled, whatever came first', async () => {
    for (const batches of [[[P], [C]], [[P, C]], [[C], [P]]]) {
      const { manifests, deliver } = await fixture();
      for (const batch of batches) await deliver(...batch);
      expect(await manifests.awaiting('post', endOf(DAY))).toEqual([]);
    }
  });

  it('puts a shipment on one manifest for good', async () => {
    const { manifests, deliver, shipments } = await fixture();
    await deliver(P);
    await manifests.assign(POST, [orderId]);
    await manifests.assign(NEXT_POST, [orderId]);
    await manifests.assign(POST, [orderId]);
    expect(await shipments()).toMatchObject([{ manifestId: { S: POST }, status: { S: 'LABEL_CREATED' } }]);
    expect(await manifests.onManifest(POST, [orderId])).toMatchObject([{ orderId, weightClass: 'letter' }]);
    expect(await manifests.onManifest(NEXT_POST, [orderId])).toEqual([]);
  });

  it('puts nothing on a manifest that is cancelled or not there', async () => {
    const { manifests, deliver, shipments } = await fixture();
    await deliver(P, C);
    const before = await shipments();
    const orderIds = [orderId, anOrder('not-there').orderId];
    await manifests.assign(POST, orderIds);
    expect(await manifests.onManifest(POST, orderIds)).toEqual([]);
    expect(await shipments()).toEqual(before);
  });

  it('records a cancellation that comes after the manifest as too late, once', async () => {
    const { manifests, deliver, shipments } = await fixture();
    await deliver(P);
    await manifests.assign(POST, [orderId]);
    expect(await deliver(C)).toMatchObject({ done: 1 });
    const [after] = await shipments();
    expect(after).toMatchObject({
      status: { S: 'LABEL_CREATED' },
      manifestId: { S: POST },
      cancelledTooLateAt: { S: '2026-03-01T12:05:00.000Z' },
    });
    expect(after).not.toHaveProperty('cancelledAt');
    expect(await deliver(P, C, C)).toMatchObject({ done: 0, duplicate: 3 });
    expect(await deliver(C)).toMatchObject({ duplicate: 1 });
    expect(await shipments()).toEqual([after]);
    expect(await manifests.onManifest(POST, [orderId])).toHaveLength(1);
  });

  it('cancels a shipment or puts it on the manifest, never both, when both happen at once', async () => {
    const { manifests, deliver, shipments } = await fixture();
    const orders = Array.from({ length: 50 }, (_, n) => anOrder(`race-${n}`));
    await deliver(...orders.map(placedEvent));
    const orderIds = orders.map((one) => one.orderId);
    await Promise.all([
      deliver(...orders.map((one) => cancelledEvent(one))),
      ...orderIds.toReversed().map((id) => manifests.assign(POST, [id])),
    ]);
    const states = (await shipments()).map(({ status, manifestId, cancelledAt, cancelledTooLateAt }) =>
      [status?.S, manifestId?.S, cancelledAt && 'in time', cancelledTooLateAt && 'too late'].join(),
    );
    expect(states).toHaveLength(50);
    expect([...new Set(states)].sort()).toEqual(
      ['CANCELLED,,in time,', `LABEL_CREATED,${POST},,too late`].filter((state) => states.includes(state)),
    );
    const written = await manifests.onManifest(POST, orderIds);
    expect(written).toHaveLength(states.filter((state) => state.startsWith('LABEL')).length);
  });

  it('needs a request to find 60 shipments, 3 to assign and 1 to read them', async () => {
    const { client, manifests, deliver } = await fixture();
    await deliver(...Array.from({ length: 60 }, (_, n) => placedEvent(anOrder(`many-${n}`))));
    const sent = sentCommands(client);
    const orderIds = await manifests.awaiting('post', endOf(DAY));
    await manifests.assign(POST, orderIds);
    expect(await manifests.onManifest(POST, orderIds)).toHaveLength(60);
    expect(sent).toEqual([
      'QueryCommand',
      'BatchExecuteStatementCommand',
      'BatchExecuteStatementCommand',
      'BatchExecuteStatementCommand',
      'BatchGetItemCommand',
    ]);
  });

  it('tells when it cannot decide, or not read', async () => {
    const client = testClient(testEngines()[engine]);
    const manifests = dynamoDbManifestShipments(
      client,
      { table: 'no-such-table', index },
      { ...IN_REAL_TIME, timeout: () => AbortSignal.timeout(50) },
    );
    await expect(manifests.assign(POST, [orderId])).rejects.toMatchObject({ retriable: true });
    await expect(manifests.onManifest(POST, [orderId])).rejects.toMatchObject({ retriable: true });
    await expect(manifests.awaiting('post', endOf(DAY))).rejects.toThrow();
  });
});
