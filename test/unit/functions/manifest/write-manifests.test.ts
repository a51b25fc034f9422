import { describe, expect, it } from 'vitest';
import { writeManifests } from '../../../../functions/manifest/write-manifests.ts';
import {
  DAY,
  type ManifestWorld,
  manifestWorld,
  NEXT_DAY,
  orderIdOf,
  shipment,
} from '../../../support/manifest-world.ts';

const [a, b, parcel, far] = [shipment('a'), shipment('b'), shipment('c', 3), shipment('d', 3, 'JP')];
const orderIdsIn = (world: ManifestWorld, key: string) => world.objects.get(key)?.match(/ord_\w{26}/g) ?? [];
const ids = (...items: (typeof a)[]) => items.map(orderIdOf).sort();

describe('the manifests of a day', () => {
  it('have each shipment on that of its carrier, and no file where nothing waits', async () => {
    const world = manifestWorld([a, b, parcel, far]);
    expect([...(await writeManifests(DAY, world.ports))].sort()).toEqual([
      '2026-03-01-parcel-eu',
      '2026-03-01-parcel-world',
      '2026-03-01-post',
    ]);
    expect(await writeManifests(DAY, world.ports)).toEqual([]);
    expect([...world.objects.keys()].filter((key) => key.startsWith('manifests/')).sort()).toEqual([
      'manifests/2026-03-01/parcel-eu.csv',
      'manifests/2026-03-01/parcel-world.csv',
      'manifests/2026-03-01/post.csv',
    ]);
    expect(orderIdsIn(world, 'manifests/2026-03-01/post.csv')).toEqual(ids(a, b));
    expect(orderIdsIn(world, 'manifests/2026-03-01/parcel-eu.csv')).toEqual(ids(parcel));
    expect(world.items.get(orderIdOf(a))).toMatchObject({ manifestId: { S: '2026-03-01-post' } });
    expect(world.items.get(orderIdOf(a))).not.toHaveProperty('awaitingCarrier');
    expect(world.lines).toContainEqual({
      message: 'manifest written',
      fields: { manifestId: '2026-03-01-post', shipments: 2 },
    });
  });

  it('leave out what was ordered later, which the next day has', async () => {
    const later = { ...b, createdAt: { S: '2026-03-02T00:00:00.000Z' } };
    const world = manifestWorld([a, later]);
    await writeManifests(DAY, world.ports);
    expect(orderIdsIn(world, 'manifests/2026-03-01/post.csv')).toEqual(ids(a));
    await writeManifests(NEXT_DAY, world.ports);
    expect(orderIdsIn(world, 'manifests/2026-03-02/post.csv')).toEqual(ids(b));
  });

  it('leave out what was cancelled before', async () => {
    const world = manifestWorld([a, b]);
    await world.cancel(a);
    await writeManifests(DAY, world.ports);
    expect(orderIdsIn(world, 'manifests/2026-03-01/post.csv')).toEqual(ids(b));
  });

  it('keep what is cancelled later, where it is recorded as too late', async () => {
    const world = manifestWorld([a]);
    await writeManifests(DAY, world.ports);
    await world.cancel(a);
    expect(world.items.get(orderIdOf(a))).toMatchObject({
      status: { S: 'LABEL_CREATED' },
      manifestId: { S: '2026-03-01-post' },
      cancelledTooLateAt: { S: expect.any(String) },
    });
    expect(world.items.get(orderIdOf(a))).not.toHaveProperty('cancelledAt');
  });

  it('stay as they are when the same day is run again, with more waiting by then', async () => {
    const world = manifestWorld([a]);
    await writeManifests(DAY, world.ports);
    const before = new Map(world.objects);
    world.items.set(orderIdOf(b), b);
    await writeManifests(DAY, world.ports);
    expect(world.objects).toEqual(before);
    await writeManifests(NEXT_DAY, world.ports);
    expect(orderIdsIn(world, 'manifests/2026-03-02/post.csv')).toEqual(ids(b));
  });

  it('have tomorrow what the index does not name yet', async () => {
    let upToDate = false;
    const world = manifestWorld([a, b], { indexed: (orderId) => upToDate || orderId === orderIdOf(a) });
    await writeManifests(DAY, world.ports);
    upToDate = true;
    await writeManifests(NEXT_DAY, world.ports);
    expect(orderIdsIn(world, 'manifests/2026-03-01/post.csv')).toEqual(ids(a));
    expect(orderIdsIn(world, 'manifests/2026-03-02/post.csv')).toEqual(ids(b));
  });

  it('have once what the index still names', async () => {
    const world = manifestWorld([a], {
      replace: () => ({ awaiting: async (carrier) => (carrier === 'post' ? [orderIdOf(a) as never] : []) }),
    });
    await writeManifests(DAY, world.ports);
    await writeManifests(NEXT_DAY, world.ports);
    expect(orderIdsIn(world, 'manifests/2026-03-01/post.csv')).toEqual(ids(a));
    expect(orderIdsIn(world, 'manifests/2026-03-02/post.csv')).toEqual([]);
  });

  it('are written but for the one that fails, which the next day finishes', async () => {
    let broken = true;
    const world = manifestWorld([a, parcel], {
      replace: ({ assign }) => ({
        assign: async (manifestId, orderIds) => {
          if (broken && manifestId === '2026-03-01-parcel-eu') throw new Error('no answer');
          await assign(manifestId, orderIds);
        },
      }),
    });
    await expect(writeManifests(DAY, world.ports)).rejects.toMatchObject({
      code: 'MANIFESTS_INCOMPLETE',
      retriable: true,
      data: { failed: 1 },
    });
    expect(orderIdsIn(world, 'manifests/2026-03-01/post.csv')).toEqual(ids(a));
    expect(world.objects.has('manifests/2026-03-01/parcel-eu.csv')).toBe(false);
    broken = false;
    await writeManifests(NEXT_DAY, world.ports);
    expect(orderIdsIn(world, 'manifests/2026-03-01/parcel-eu.csv')).toEqual(ids(parcel));
    expect(world.objects.has('manifests/2026-03-02/parcel-eu.csv')).toBe(false);
  });

  it.each(['awaiting', 'createDraft'] as const)(
    'are written but for the one whose draft fails (%s), which the day has when it is run again',
    async (step) => {
      let broken = true;
      const world = manifestWorld([a, parcel, far], {
        replace: (ports) => ({
          awaiting: async (carrier, before) => {
            if (broken && step === 'awaiting' && carrier === 'post') throw new Error('no answer');
            return ports.awaiting(carrier, before);
          },
          createDraft: async (manifestId, orderIds) => {
            if (broken && step === 'createDraft' && manifestId === '2026-03-01-post')
              throw new Error('no answer');
            await ports.createDraft(manifestId, orderIds);
          },
        }),
      });
      await expect(writeManifests(DAY, world.ports)).rejects.toMatchObject({
        code: 'MANIFESTS_INCOMPLETE',
        data: { failed: 1 },
      });
      expect(orderIdsIn(world, 'manifests/2026-03-01/parcel-eu.csv')).toEqual(ids(parcel));
      expect(orderIdsIn(world, 'manifests/2026-03-01/parcel-world.csv')).toEqual(ids(far));
      expect(world.objects.has('manifests/2026-03-01/post.csv')).toBe(false);
      broken = false;
      expect(await writeManifests(DAY, world.ports)).toEqual(['2026-03-01-post']);
      expect(orderIdsIn(world, 'manifests/2026-03-01/post.csv')).toEqual(ids(a));
    },
  );
});
