import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Between, type ManifestWorld, manifestWorld } from '../../../support/manifest-world.ts';
import { DAY, NEXT_DAY, orderIdOf, shipment } from '../../../support/shipments.ts';

const shipments = [shipment('a'), shipment('b'), shipment('c'), shipment('d', 3)];
const [first = shipment('a'), second = shipment('b')] = shipments;

/** Lets so many requests through; the process is gone after that, or in the midst of the last one. */
function mortal(requests: number, lastOne: 'lost' | 'done'): Between {
  let left = requests;
  return async (send) => {
    left--;
    if (left < 0 || (left === 0 && lastOne === 'lost')) throw new Error('killed');
    const answer = await send();
    if (left === 0) throw new Error('killed');
    return answer;
  };
}

/** On how many manifests' files the order is. */
const timesShipped = (world: ManifestWorld, orderId: string) =>
  Object.values(world.files()).filter((csv) => csv.includes(orderId)).length;

/** What holds however runs, kills and cancellations fell together, once a run has come to its end. */
function consistent(world: ManifestWorld): boolean {
  const oneVersionEach = [...world.written].every(
    ([key, versions]) => key.startsWith('drafts/') || versions.size === 1,
  );
  return (
    oneVersionEach &&
    world
      .items()
      .every((item) =>
        item.status?.S === 'CANCELLED'
          ? item.manifestId === undefined && timesShipped(world, orderIdOf(item)) === 0
          : timesShipped(world, orderIdOf(item)) === 1,
      )
  );
}

describe('a run that is killed', () => {
  it('is made good by the same run again, and by the next day’s, whatever it was about', async () => {
    const straight = manifestWorld(shipments);
    let requests = 0;
    await straight.run(DAY, (send) => {
      requests++;
      return send();
    });
    expect(requests).toBeGreaterThan(15);

    for (let at = 1; at <= requests; at++) {
      for (const lastOne of ['lost', 'done'] as const) {
        const again = manifestWorld(shipments);
        await again.run(DAY, mortal(at, lastOne)).catch(() => undefined);
        await again.run(DAY);
        expect(again.files(), `killed at request ${at}`).toEqual(straight.files());
        expect(again.items()).toEqual(straight.items());

        const nextDay = manifestWorld(shipments);
        await nextDay.run(DAY, mortal(at, lastOne)).catch(() => undefined);
        await nextDay.run(NEXT_DAY);
        expect(consistent(nextDay), `killed at request ${at}`).toBe(true);
      }
    }
  });
});

/** Two runs of a day, the next day's and two cancellations, every request in any order; then one run undisturbed. */
const atTheSameTime = (world: () => ManifestWorld) =>
  fc.asyncProperty(fc.scheduler(), async (scheduler) => {
    const one = world();
    const between: Between = async (send) => {
      await scheduler.schedule(Promise.resolve());
      return send();
    };
    const all = Promise.allSettled([
      one.run(DAY, between),
      one.run(DAY, between),
      one.run(NEXT_DAY, between),
      scheduler.schedule(Promise.resolve()).then(() => one.cancel(first)),
      scheduler.schedule(Promise.resolve()).then(() => one.cancel(second)),
    ]);
    await scheduler.waitFor(all);
    await one.run(NEXT_DAY);
    return consistent(one);
  });

describe('runs at the same time', () => {
  it('put each shipment on one manifest or cancel it, and write the same files', async () => {
    await fc.assert(
      atTheSameTime(() => manifestWorld(shipments)),
      { numRuns: 500 },
    );
  });

  it.each([
    ['cancelled shipments were assigned', ` AND "status" = 'LABEL_CREATED'`],
    ['shipments moved from one manifest to another', ' AND "manifestId" IS MISSING'],
  ])('would not if %s', async (_, withoutCondition) => {
    const world = () => manifestWorld(shipments, { without: withoutCondition });
    expect((await fc.check(atTheSameTime(world), { numRuns: 2000 })).failed).toBe(true);
  });

  /** The second run has seen no draft, and asks the index when the first one is killed between two assignments. */
  async function killedInTheMidst(world: ManifestWorld): Promise<ManifestWorld> {
    let killed: Promise<unknown> | undefined;
    let isDead = false;
    const dyingAtItsFirstAssignment: Between = async (send, { name }) => {
      if (isDead) throw new Error('killed');
      const answer = await send();
      isDead = name === 'BatchExecuteStatement';
      if (isDead) throw new Error('killed');
      return answer;
    };
    await world.run(DAY, async (send, { name }) => {
      if (name === 'Query') {
        killed ??= world.run(DAY, dyingAtItsFirstAssignment).catch(() => undefined);
        await killed;
      }
      return send();
    });
    return world;
  }

  it('write what is on the manifest, whoever drafted it', async () => {
    expect(consistent(await killedInTheMidst(manifestWorld(shipments)))).toBe(true);
  });

  it('would not if the last draft stood, not the first', async () => {
    const world = manifestWorld(shipments, { lastStands: true });
    expect(consistent(await killedInTheMidst(world))).toBe(false);
  });
});
