import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Item } from '../../../../functions/dynamodb.ts';
import { draftKeyOf } from '../../../../functions/manifest/files.ts';
import {
  type ManifestFiles,
  type ManifestShipments,
  writeManifests,
} from '../../../../functions/manifest/write-manifests.ts';
import {
  DAY,
  type ManifestWorld,
  manifestWorld,
  NEXT_DAY,
  shipment,
} from '../../../support/manifest-world.ts';

type All = ManifestShipments & ManifestFiles;
/** Comes between a call and its effect, and between the effect and what follows. */
type Between = <T>(call: () => Promise<T>) => Promise<T>;

const shipments = [shipment('a'), shipment('b'), shipment('c'), shipment('d', 3)];
const [first = shipment('a'), second = shipment('b')] = shipments;

/** Every call, and every single assignment, with something in between. */
function interrupted(ports: All, between: Between): All {
  return {
    awaiting: (carrier, before) => between(() => ports.awaiting(carrier, before)),
    async assign(manifestId, orderIds) {
      for (const orderId of orderIds) await between(() => ports.assign(manifestId, [orderId]));
    },
    onManifest: (manifestId, orderIds) => between(() => ports.onManifest(manifestId, orderIds)),
    list: () => between(() => ports.list()),
    createDraft: (manifestId, orderIds) => between(() => ports.createDraft(manifestId, orderIds)),
    readDraft: (manifestId) => between(() => ports.readDraft(manifestId)),
    writeManifest: (manifestId, csv) => between(() => ports.writeManifest(manifestId, csv)),
  };
}

type Change = (world: ManifestWorld) => Partial<All>;

async function run(
  world: ManifestWorld,
  between: Between,
  day = DAY,
  change: Change = () => ({}),
): Promise<void> {
  const { shipments, files } = world.ports;
  const ports = interrupted({ ...shipments, ...files, ...change(world) }, between);
  await writeManifests(day, { ...world.ports, shipments: ports, files: ports });
}

/** Lets so many calls through; the process is gone after that, or in the midst of the last one. */
function mortal(calls: number, lastOne: 'lost' | 'done'): Between {
  let left = calls;
  return async (call) => {
    left--;
    if (left < 0 || (left === 0 && lastOne === 'lost')) throw new Error('killed');
    const result = await call();
    if (left === 0) throw new Error('killed');
    return result;
  };
}

const atOnce: Between = (call) => call();
const filesOf = (world: ManifestWorld) =>
  [...world.objects].filter(([key]) => key.startsWith('manifests/')).sort();

/** On how many manifests' files the order is. */
const timesShipped = (world: ManifestWorld, orderId: string) =>
  filesOf(world).filter(([, csv]) => csv.includes(orderId)).length;

/** What holds however runs, kills and cancellations fell together, once a run has come to its end. */
function consistent(world: ManifestWorld): boolean {
  const oneVersionEach = [...world.written.values()].every((versions) => versions.size === 1);
  return (
    oneVersionEach &&
    [...world.items].every(([orderId, { status, manifestId }]) =>
      status?.S === 'CANCELLED'
        ? manifestId === undefined && timesShipped(world, orderId) === 0
        : timesShipped(world, orderId) === 1,
    )
  );
}

describe('a run that is killed', () => {
  it('is made good by the same run again, whatever it was about', async () => {
    const straight = manifestWorld(shipments);
    let calls = 0;
    await run(straight, (call) => {
      calls++;
      return call();
    });
    expect(calls).toBeGreaterThan(15);

    for (let at = 1; at <= calls; at++) {
      for (const lastOne of ['lost', 'done'] as const) {
        const world = manifestWorld(shipments);
        await run(world, mortal(at, lastOne)).catch(() => undefined);
        await run(world, atOnce);
        expect(filesOf(world), `killed at call ${at}`).toEqual(filesOf(straight));
        expect(world.items).toEqual(straight.items);
      }
    }
  });

  it('is made good by the next day’s run', async () => {
    for (let at = 1; at <= 20; at++) {
      const world = manifestWorld(shipments);
      await run(world, mortal(at, 'done')).catch(() => undefined);
      await run(world, atOnce, NEXT_DAY);
      expect(consistent(world), `killed at call ${at}`).toBe(true);
    }
  });
});

/** Two runs of a day, the next day's and two cancellations, every call in any order; then one run undisturbed. */
const atTheSameTime = (change?: Change) =>
  fc.asyncProperty(fc.scheduler(), async (scheduler) => {
    const world = manifestWorld(shipments);
    const between: Between = async (call) => {
      await scheduler.schedule(Promise.resolve());
      return call();
    };
    const all = Promise.allSettled([
      run(world, between, DAY, change),
      run(world, between, DAY, change),
      run(world, between, NEXT_DAY, change),
      between(() => world.cancel(first)),
      between(() => world.cancel(second)),
    ]);
    await scheduler.waitFor(all);
    await run(world, atOnce, NEXT_DAY, change);
    return consistent(world);
  });

describe('runs at the same time', () => {
  it('put each shipment on one manifest or cancel it, and write the same files', async () => {
    await fc.assert(atTheSameTime(), { numRuns: 500 });
  });

  it.each<[string, Change]>([
    [
      'cancelled shipments were assigned',
      ({ items }) => assigning(items, ({ manifestId }) => manifestId === undefined),
    ],
    [
      'shipments moved from one manifest to another',
      ({ items }) => assigning(items, ({ status }) => status?.S !== 'CANCELLED'),
    ],
  ])('would not if %s', async (_name, change) => {
    expect((await fc.check(atTheSameTime(change), { numRuns: 2000 })).failed).toBe(true);
  });

  /** The second run has seen no draft, and asks the index when the first one is killed between two assignments. */
  async function killedInTheMidst(change?: Change): Promise<ManifestWorld> {
    const world = manifestWorld(shipments);
    const { awaiting } = world.ports.shipments;
    let killed: Promise<void> | undefined;
    await run(world, atOnce, DAY, (same) => ({
      ...change?.(same),
      async awaiting(carrier, before) {
        // One list, four questions, two drafts, one of them read: the ninth call is the first assignment.
        killed ??= run(world, mortal(9, 'done')).catch(() => undefined);
        await killed;
        return awaiting(carrier, before);
      },
    }));
    return world;
  }

  it('write what is on the manifest, whoever drafted it', async () => {
    expect(consistent(await killedInTheMidst())).toBe(true);
  });

  it('would not if the last draft stood, not the first', async () => {
    const lastStands: Change = ({ objects }) => ({
      async createDraft(manifestId, orderIds) {
        objects.set(draftKeyOf(manifestId), JSON.stringify(orderIds));
      },
    });
    expect(consistent(await killedInTheMidst(lastStands))).toBe(false);
  });
});

/** Assigns under another condition than the right one. */
function assigning(items: Map<string, Item>, condition: (item: Item) => boolean): Partial<All> {
  return {
    async assign(manifestId, orderIds) {
      for (const orderId of orderIds) {
        const item = items.get(orderId) ?? {};
        if (condition(item)) items.set(orderId, { ...item, manifestId: { S: manifestId } });
      }
    },
  };
}
