import { describe, expect, it } from 'vitest';
import { type Between, manifestWorld } from '../../../support/manifest-world.ts';
import { DAY, NEXT_DAY, orderIdOf, shipment } from '../../../support/shipments.ts';

const [a, b, parcel, far] = [shipment('a'), shipment('b'), shipment('c', 3), shipment('d', 3, 'JP')];
const ids = (...items: (typeof a)[]) => items.map(orderIdOf).sort();

/** The orders on a manifest, whose file is named by day and carrier; `undefined`: there is none. */
const on = ({ files }: ReturnType<typeof manifestWorld>, manifest: string) =>
  files()[`manifests/${manifest}.csv`]?.match(/ord_\w{26}/g) ?? undefined;

/** Nothing of what says this is answered, as long as it is broken. */
function broken(name: string, text: string) {
  let isBroken = true;
  const between: Between = (send, request) => {
    if (isBroken && request.name === name && request.says.includes(text)) throw new Error('no answer');
    return send();
  };
  const mend = () => {
    isBroken = false;
  };
  return { between, mend };
}

const incomplete = { code: 'MANIFESTS_INCOMPLETE', retriable: true, data: { failed: 1 } };

describe('the manifests of a day', () => {
  it('have each shipment on that of its carrier, and no file where nothing waits', async () => {
    const world = manifestWorld([a, b, parcel, far]);
    expect([...(await world.run(DAY))].sort()).toEqual([
      '2026-03-01-parcel-eu',
      '2026-03-01-parcel-world',
      '2026-03-01-post',
    ]);
    expect(await world.run(DAY)).toEqual([]);
    expect(on(world, '2026-03-01/post')).toEqual(ids(a, b));
    expect(on(world, '2026-03-01/parcel-eu')).toEqual(ids(parcel));
    expect(on(world, '2026-03-01/parcel-world')).toEqual(ids(far));
    expect(Object.keys(world.files())).toHaveLength(3);
    expect(world.item(a)).toMatchObject({ manifestId: { S: '2026-03-01-post' } });
    expect(world.item(a)).not.toHaveProperty('awaitingCarrier');
    const fields = { manifestId: '2026-03-01-post', shipments: 2 };
    expect(world.lines).toContainEqual({ message: 'manifest written', fields });
  });

  it('leave out what was ordered later, which the next day has', async () => {
    const world = manifestWorld([a, { ...b, createdAt: { S: '2026-03-02T00:00:00.000Z' } }]);
    await world.run(DAY);
    expect(on(world, '2026-03-01/post')).toEqual(ids(a));
    await world.run(NEXT_DAY);
    expect(on(world, '2026-03-02/post')).toEqual(ids(b));
  });

  it('leave out what was cancelled before', async () => {
    const world = manifestWorld([a, b]);
    await world.cancel(a);
    await world.run(DAY);
    expect(on(world, '2026-03-01/post')).toEqual(ids(b));
  });

  it('keep what is cancelled later, where it is recorded as too late', async () => {
    const world = manifestWorld([a]);
    await world.run(DAY);
    await world.cancel(a);
    expect(world.item(a)).toMatchObject({
      status: { S: 'LABEL_CREATED' },
      manifestId: { S: '2026-03-01-post' },
      cancelledTooLateAt: { S: expect.any(String) },
    });
    expect(world.item(a)).not.toHaveProperty('cancelledAt');
  });

  it('stay as they are when the same day is run again, with more waiting by then', async () => {
    const world = manifestWorld([a]);
    await world.run(DAY);
    const before = world.files();
    world.put(b);
    await world.run(DAY);
    expect(world.files()).toEqual(before);
    await world.run(NEXT_DAY);
    expect(on(world, '2026-03-02/post')).toEqual(ids(b));
  });

  it('have tomorrow what the index does not name yet', async () => {
    let upToDate = false;
    const world = manifestWorld([a, b], {
      isIndexed: (item) => upToDate || orderIdOf(item) === orderIdOf(a),
    });
    await world.run(DAY);
    upToDate = true;
    await world.run(NEXT_DAY);
    expect(on(world, '2026-03-01/post')).toEqual(ids(a));
    expect(on(world, '2026-03-02/post')).toEqual(ids(b));
  });

  it('have once what the index still names', async () => {
    const world = manifestWorld([a]);
    let named: unknown;
    const outOfDate: Between = async (send, { name, says }) => {
      if (name !== 'Query' || !says.includes('"post"')) return send();
      named ??= await send();
      return named as Awaited<ReturnType<typeof send>>;
    };
    await world.run(DAY, outOfDate);
    await world.run(NEXT_DAY, outOfDate);
    expect(on(world, '2026-03-01/post')).toEqual(ids(a));
    expect(on(world, '2026-03-02/post')).toBeUndefined();
    expect(Object.keys(world.files())).toHaveLength(2);
  });

  it('are written but for the one that fails, which the next day finishes', async () => {
    const world = manifestWorld([a, parcel]);
    const { between, mend } = broken('BatchExecuteStatement', '2026-03-01-parcel-eu');
    await expect(world.run(DAY, between)).rejects.toMatchObject(incomplete);
    expect(on(world, '2026-03-01/post')).toEqual(ids(a));
    expect(Object.keys(world.files())).toEqual(['manifests/2026-03-01/post.csv']);
    mend();
    await world.run(NEXT_DAY, between);
    expect(on(world, '2026-03-01/parcel-eu')).toEqual(ids(parcel));
    expect(Object.keys(world.files())).toHaveLength(2);
  });

  it.each([
    ['Query', '"post"'],
    ['PutObject', 'drafts/2026-03-01/post.json'],
  ])(
    'are written but for the one whose draft fails (%s), which the day has when it is run again',
    async (...at) => {
      const world = manifestWorld([a, parcel, far]);
      const { between, mend } = broken(...at);
      await expect(world.run(DAY, between)).rejects.toMatchObject(incomplete);
      expect(on(world, '2026-03-01/parcel-eu')).toEqual(ids(parcel));
      expect(on(world, '2026-03-01/parcel-world')).toEqual(ids(far));
      expect(on(world, '2026-03-01/post')).toBeUndefined();
      mend();
      expect(await world.run(DAY, between)).toEqual(['2026-03-01-post']);
      expect(on(world, '2026-03-01/post')).toEqual(ids(a));
    },
  );
});
