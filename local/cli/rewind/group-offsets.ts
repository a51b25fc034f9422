import { askBroker } from '../../kafka/admin.ts';
import { kafkaClient } from '../../kafka/client.ts';
import type { Position, RewindTarget, Step } from './plan.ts';

/** The offsets of a consumer group on a topic. */
export interface GroupOffsets {
  /** In the order of the partitions. */
  positions(target: RewindTarget): Promise<readonly Position[]>;
  /** How many members the group has now. */
  members(): Promise<number>;
  /** Commits new offsets; the group has to have no member. */
  set(steps: readonly Step[]): Promise<void>;
}

export function groupOffsets(bootstrapServers: string, groupId: string, topic: string): GroupOffsets {
  const kafka = kafkaClient({ bootstrapServers, clientId: 'millrace-rewind' });
  return {
    positions: (target) =>
      askBroker(kafka, async (admin) => {
        const [ends, [committed], times] = await Promise.all([
          admin.fetchTopicOffsets(topic),
          admin.fetchOffsets({ groupId, topics: [topic] }),
          target.kind === 'time' ? admin.fetchTopicOffsetsByTimestamp(topic, target.at) : [],
        ]);
        const offsetOf = (offsets: readonly { partition: number; offset: string }[], partition: number) =>
          known(offsets.find((each) => each.partition === partition)?.offset);
        return ends
          .map(({ partition, low, high }) => ({
            partition,
            low: BigInt(low),
            high: BigInt(high),
            committed: offsetOf(committed?.partitions ?? [], partition),
            atTime: offsetOf(times, partition),
          }))
          .toSorted((one, other) => one.partition - other.partition);
      }),
    members: () =>
      askBroker(kafka, async (admin) => {
        const { groups } = await admin.describeGroups([groupId]);
        return groups[0]?.members.length ?? 0;
      }),
    set: (steps) =>
      askBroker(
        kafka,
        (admin) =>
          admin.setOffsets({
            groupId,
            topic,
            partitions: steps.map(({ partition, to }) => ({ partition, offset: String(to) })),
          }),
        SET_WITHIN_MS,
      ),
  };
}

/** kafkajs takes more than five seconds for it. */
const SET_WITHIN_MS = 40_000;

/** -1 stands for an offset that there is not. */
function known(offset: string | undefined): bigint | undefined {
  return offset === undefined || BigInt(offset) < 0n ? undefined : BigInt(offset);
}
