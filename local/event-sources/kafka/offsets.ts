import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import type { KafkaMappingModel } from '../../resources/kafka-mapping.ts';
import type { PartitionStatus } from '../mappings.ts';

const { KafkaJSError } = kafkajs;

/**
 * Fixes where a new group begins, before its members join.
 *
 * `StartingPosition` counts only where the group has no committed offset
 * (https://docs.aws.amazon.com/lambda/latest/dg/kafka-consumer-group-id.html). `LATEST` and `AT_TIMESTAMP` mean *now*, so
 * their offsets are looked up and committed here: what is written while the members join, or before the first batch
 * is handled and the process dies, is not missed. `TRIM_HORIZON` needs nothing: it is where members begin by themselves.
 * A group that already has live members has begun, and is left alone. To be done again as a whole when it fails.
 */
export async function fixStartingOffsets(
  kafka: Kafka,
  admin: Admin,
  mapping: KafkaMappingModel,
): Promise<void> {
  const { topic, groupId } = mapping;
  const position = mapping.startingPosition;
  if (position.at === 'TRIM_HORIZON') return;
  const open = await partitionsWithoutOffset(admin, topic, groupId);
  if (open.size === 0 || (await hasMembers(admin, groupId))) return;
  const starts =
    position.at === 'LATEST'
      ? await admin.fetchTopicOffsets(topic)
      : await admin.fetchTopicOffsetsByTimestamp(topic, position.timestampMs);
  await commitAsMember(
    kafka,
    mapping,
    starts.filter(({ partition }) => open.has(partition)),
  );
  // A member that dies meanwhile commits nothing, and kafkajs says nothing.
  if ((await partitionsWithoutOffset(admin, topic, groupId)).size > 0)
    throw new KafkaJSError(`the starting offsets of ${groupId} were not committed`);
}

async function partitionsWithoutOffset(admin: Admin, topic: string, groupId: string): Promise<Set<number>> {
  const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] });
  const open = committed?.partitions.filter(({ offset }) => offset === '-1') ?? [];
  return new Set(open.map(({ partition }) => partition));
}

async function hasMembers(admin: Admin, groupId: string): Promise<boolean> {
  const { groups } = await admin.describeGroups([groupId]);
  return groups.some((group) => group.members.length > 0);
}

/** kafkajs' `admin.setOffsets` does the same in more than five seconds. */
async function commitAsMember(
  kafka: Kafka,
  { topic, groupId }: KafkaMappingModel,
  offsets: readonly { readonly partition: number; readonly offset: string }[],
): Promise<void> {
  const member = kafka.consumer({ groupId, maxWaitTimeInMs: 10, allowAutoTopicCreation: false });
  try {
    await member.connect();
    await member.subscribe({ topics: [topic], fromBeginning: true });
    await member.run({ autoCommit: false, eachBatch: async () => {} });
    member.pause([{ topic }]);
    await member.commitOffsets(offsets.map(({ partition, offset }) => ({ topic, partition, offset })));
  } finally {
    await member.disconnect();
  }
}

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
