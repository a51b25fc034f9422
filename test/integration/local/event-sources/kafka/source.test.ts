import { expect, test } from 'vitest';
import { running } from './running.ts';

test('a mapping that is not enabled reads nothing and tells how far behind it is', async () => {
  const { fn, start, send } = await running(1, { enabled: false });
  await send(0, 'a', 'b');
  const source = await start();
  expect(await source.status()).toMatchObject({
    state: 'Disabled',
    lastProcessingResult: 'No records processed',
    partitions: [{ partition: 0, committed: null, end: 2, lag: 2 }],
    delivered: 0,
  });
  expect(fn.events).toEqual([]);
});

test('a topic that the broker does not have is named', async () => {
  const { start } = await running(1);
  await expect(start({ topic: 'no-such-topic' })).rejects.toMatchObject({
    code: 'PROVISIONING_FAILED',
    message: expect.stringContaining('no-such-topic'),
  });
});
