import type { LogEvent, Untimed } from '../../../../local/events/event.ts';

const BEGAN = 1_700_000_000_000;
const place = { topic: 'orders', partition: 0 };
const shipping = { group: 'shipping', ...place };

/** `records` are written; A handles five of them, and dies before its last commit; B begins at what A had committed. */
export function crash(records = 10): LogEvent[] {
  const events: LogEvent[] = [];
  const told = (after: number, event: Untimed) => events.push({ ...event, at: BEGAN + after });
  const handled = (after: number, member: string, offset: number) => {
    told(after, { type: 'fate', ...shipping, member, offset, fate: 'delivered' });
    told(after + 5, { type: 'fate', ...shipping, member, offset, fate: 'done' });
  };
  told(0, { type: 'topic', topic: 'orders', partitions: 1 });
  told(10, { type: 'step', text: `${records} records are written` });
  for (let offset = 0; offset < records; offset++) {
    told(20 + offset, { type: 'appended', ...place, offset, key: `key-${(offset % 10) + 1}` });
  }
  told(1_000, { type: 'assigned', group: 'shipping', member: 'A', topic: 'orders', partitions: [0] });
  for (let offset = 0; offset < 5; offset++) {
    handled(1_100 + offset * 10, 'A', offset);
    if (offset < 4) told(1_106 + offset * 10, { type: 'committed', ...shipping, offset: offset + 1 });
  }
  told(1_200, { type: 'left', group: 'shipping', member: 'A', how: 'killed' });
  told(1_210, { type: 'step', text: 'B takes its place' });
  told(4_200, { type: 'assigned', group: 'shipping', member: 'B', topic: 'orders', partitions: [0] });
  for (let offset = 4; offset < records; offset++) {
    handled(4_300 + offset * 10, 'B', offset);
    told(4_306 + offset * 10, { type: 'committed', ...shipping, offset: offset + 1 });
  }
  return events;
}
