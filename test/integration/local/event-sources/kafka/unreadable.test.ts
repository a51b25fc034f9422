import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32c } from '@node-rs/crc32';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { groupOffsets } from '../../../../../local/cli/rewind/group-offsets.ts';
import { rewindTarget } from '../../../../../local/cli/rewind/plan.ts';
import { stepsTo } from '../../../../../local/cli/rewind/rewind.ts';
import { type OwnBroker, ownBroker } from '../../../recovery/own-broker.ts';
import { eventually } from '../fake-function.ts';
import { offsetsOf, type Running, running } from './running.ts';

let broker: OwnBroker;
const ends: (() => Promise<void>)[] = [];
beforeAll(async () => {
  broker = await ownBroker((end) => ends.unshift(end));
});
afterAll(async () => {
  for (const end of ends) await end();
});

/** A batch of a partition, changed where the broker has it on its disk; each send of these tests is a batch. */
function spoil(topic: string, partition: number, nth: number, how: (batch: Buffer) => void) {
  const folder = join(broker.logDir, `${topic}-${partition}`);
  const file = join(folder, readdirSync(folder).find((name) => name.endsWith('.log')) ?? '');
  const log = readFileSync(file);
  let at = 0;
  for (let batches = 0; batches < nth; batches += 1) at += 12 + log.readInt32BE(at + 8);
  how(log.subarray(at, at + 12 + log.readInt32BE(at + 8)));
  writeFileSync(file, log, { flag: 'r+' });
}

const flipAByte = (batch: Buffer) =>
  batch.writeUInt8(255 - batch.readUInt8(batch.length - 1), batch.length - 1);
const nameAnUnknownCodec = (batch: Buffer) => {
  batch.writeInt16BE(6, 21);
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
};
/** The broker itself stumbles over it. */
const takeItsLength = (batch: Buffer) => batch.writeInt32BE(3, 8);

/** Three batches of two records on each of three partitions; the second one of partition 1 is spoiled. */
async function spoiled(how: (batch: Buffer) => void): Promise<Running> {
  const world = await running(3, { pollers: 1 }, broker);
  for (const partition of [0, 1, 2])
    for (const batch of ['a', 'b', 'c']) await world.send(partition, batch, batch);
  spoil(world.mapping.topic, 1, 1, how);
  return world;
}

const ALL = [0, 1, 2, 3, 4, 5];

test.each([
  ['a byte that has changed', flipAByte, /checksum/],
  ['a codec that nobody knows', nameAnUnknownCodec, /unknown codec 6/],
])('%s stops its own partition alone, by name, and a rewind passes it', async (_, how, reason) => {
  const { fn, start, send, mapping, committed } = await spoiled(how);
  const lines: string[] = [];
  const source = await start({}, { log: (line) => lines.push(line) });
  await send(0, 'later');
  await send(2, 'later');

  await eventually(() => {
    expect([0, 1, 2].map((partition) => offsetsOf(fn.events, partition))).toEqual([
      [...ALL, 6],
      [0, 1],
      [...ALL, 6],
    ]);
  });
  await eventually(async () => expect(await committed()).toEqual([7, 2, 7]));
  const { topic, groupId } = mapping;
  const told = lines.filter((line) => line.includes("can't be read"));
  expect(told).toEqual([expect.stringContaining(`${topic}-1 can't be read from offset 2 on`)]);
  expect(told[0]).toMatch(reason);
  expect(lines.join()).not.toContain('broker is gone');
  const { lastProcessingResult } = await source.status();
  expect(lastProcessingResult).toContain(`PROBLEM: ${topic}-1 can't be read from offset 2 on`);
  await source.stop();

  const target = rewindTarget(`${topic}-1=4`, new Date());
  if (target === undefined) throw new Error('no target');
  const offsets = groupOffsets(broker.bootstrapServers, groupId, topic);
  const steps = await stepsTo(
    target,
    { mapping: { UUID: '', State: '', StateTransitionReason: '', FunctionArn: '' }, groupId, topic },
    offsets,
  );
  expect(steps[1]).toEqual({ partition: 1, committed: 2n, to: 4n, again: 0n, passedOver: 2n });
  await offsets.set(steps);
  await start();
  await eventually(() => expect(offsetsOf(fn.events, 1)).toEqual([0, 1, 4, 5]));
});

test('two pollers share the other partitions, and the one that can’t read goes on when it can', async () => {
  const { fn, start, send, mapping } = await spoiled(flipAByte);
  const lines: string[] = [];
  const source = await start({ pollers: 2 }, { log: (line) => lines.push(line) });
  await eventually(() => expect(lines.join()).toContain(`${mapping.topic}-1 can't be read from offset 2 on`));
  spoil(mapping.topic, 1, 1, flipAByte);
  await send(1, 'later');
  await eventually(() => {
    expect([0, 1, 2].map((partition) => offsetsOf(fn.events, partition))).toEqual([ALL, [...ALL, 6], ALL]);
  });
  expect((await source.status()).lastProcessingResult).toBe('OK');
});

test('where the broker itself stumbles over a batch, the partition stops, and the others go on', async () => {
  const { fn, start, send, mapping } = await spoiled(takeItsLength);
  const offsets = groupOffsets(broker.bootstrapServers, mapping.groupId, mapping.topic);
  await offsets.set([{ partition: 1, committed: undefined, to: 4n, again: 0n, passedOver: 4n }]);
  const lines: string[] = [];
  await start({}, { log: (line) => lines.push(line) });
  await eventually(() =>
    expect(lines.join()).toMatch(/-1 can't be read from offset 4 on: the broker answers/),
  );
  await send(0, 'later');
  await eventually(() => {
    expect([0, 1, 2].map((partition) => offsetsOf(fn.events, partition))).toEqual([[...ALL, 6], [], ALL]);
  });
});
