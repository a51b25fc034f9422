import type { Admin } from 'kafkajs';
import type { PartitionStatus } from '../event-source.ts';

/** Where a group is on a topic, seen from the broker. `committed` is null where the group has none. */
export async function groupPositions(
  admin: Admin,
  topic: string,
  groupId: string,
): Promise<PartitionStatus[]> {
  const [ends, [committed]] = await Promise.all([
    admin.fetchTopicOffsets(topic),
    admin.fetchOffsets({ groupId, topics: [topic] }),
  ]);
  const offsets = new Map(committed?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
  return ends
    .map(({ partition, high, low }) => {
      const end = Number(high);
      const offset = offsets.get(partition) ?? -1;
      const isNew = offset < 0;
      return { partition, committed: isNew ? null : offset, end, lag: end - (isNew ? Number(low) : offset) };
    })
    .sort((a, b) => a.partition - b.partition);
}
