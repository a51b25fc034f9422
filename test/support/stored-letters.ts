import type { StoredLetter } from '../../cli/dead-letters/letters-table.ts';

/** A letter that was given up once, on the first of March 2026. */
export function aLetter(overrides: Partial<StoredLetter> = {}): StoredLetter {
  const { topic, partition, offset, timestamp } = {
    topic: 'orders',
    partition: 0,
    offset: 41,
    timestamp: Date.parse('2026-03-01T12:00:00.000Z'),
    ...overrides,
  };
  return {
    consumer: 'email-service',
    recordId: `${topic}-${partition}@${offset}#${timestamp}`,
    topic,
    partition,
    offset,
    timestamp,
    status: 'OPEN',
    version: 1,
    replays: 0,
    reason: 'unexpected',
    error: { code: 'TypeError', detail: 'at x' },
    attempts: 1,
    firstSeenAt: '2026-03-01T12:00:00.000Z',
    lastSeenAt: '2026-03-01T12:00:00.000Z',
    key: Buffer.from('key'),
    value: Buffer.from('{"a":1}'),
    headers: [],
    history: [{ at: '2026-03-01T12:00:00.000Z', event: 'DEAD_LETTERED' }],
    ...overrides,
  };
}
