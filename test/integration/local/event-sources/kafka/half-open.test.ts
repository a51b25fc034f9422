import { expect, onTestFinished, test, vi } from 'vitest';
import { type KafkaFate, PASS, startKafkaProxy } from '../../../../../cli/faults/kafka-proxy.ts';
import { testEngines } from '../../../../support/engines.ts';
import { eventually } from '../fake-function.ts';
import { offsetsOf, running } from './running.ts';

/**
 * A member has two connections to a broker: fetches go over one, all else over the other. When a route is lost, a
 * connection brings no answers any more and nobody closes it.
 */
test.for(['Heartbeat', 'Fetch'])(
  'a member whose %s is never answered is replaced, and its records come once',
  {
    timeout: 60_000,
  },
  async (api) => {
    const broken = { once: false };
    const proxy = await startKafkaProxy(
      () => testEngines().bootstrapServers,
      (request): KafkaFate => {
        if (request.api !== api || !broken.once) return PASS;
        broken.once = false;
        return { kind: 'half-open', heard: true };
      },
    );
    onTestFinished(proxy.stop);
    const { fn, start, send, committed } = await running(1);
    const said: string[] = [];
    await start({}, { bootstrapServers: proxy.address, log: (line) => said.push(line) });
    await send(0, 'a');
    await eventually(async () => expect(await committed()).toEqual([1]));

    const joins = () => proxy.requests.filter((request) => request === 'SyncGroup').length;
    const before = joins();
    broken.once = true;
    await eventually(() => expect(broken.once).toBe(false));
    await send(0, 'b');
    // One time-out of a request, and not one for each try of it.
    await vi.waitFor(() => expect(joins()).toBeGreaterThan(before), { timeout: 30_000, interval: 100 });
    await eventually(async () => expect(await committed()).toEqual([2]));
    expect(offsetsOf(fn.events, 0)).toEqual([0, 1]);
    await eventually(() => expect(said.at(-1)).toContain('the broker is back'));
  },
);
