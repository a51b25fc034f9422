/**
 * Reads a topic along, in a consumer group of one's own: what comes, where it lies, and who shares the partitions.
 *
 *     npx node docs/examples/read-along.ts <host:port> <topic> <group>
 *
 * It commits what it has printed. Ctrl-C leaves the group.
 */
import { kafkaClient } from '../../local/kafka/client.ts';

const [bootstrapServers, topic, groupId] = process.argv.slice(2);
if (bootstrapServers === undefined || topic === undefined || groupId === undefined) {
  process.stderr.write('usage: npx node docs/examples/read-along.ts <host:port> <topic> <group>\n');
  process.exit(2);
}
const say = (line: string) => void process.stdout.write(`${line}\n`);

const consumer = kafkaClient({ bootstrapServers, clientId: 'read-along' }).consumer({
  groupId,
  allowAutoTopicCreation: false,
  sessionTimeout: 6_000,
  heartbeatInterval: 500,
  maxWaitTimeInMs: 500,
});
consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
  say(`reads partitions ${payload.memberAssignment[topic]?.join(', ') || 'none'}`);
});
process.once('SIGINT', () => void consumer.disconnect());

try {
  await consumer.connect();
} catch {
  process.stderr.write(`no broker answers at ${bootstrapServers}; npx orderly status says where it is\n`);
  process.exit(1);
}
await consumer.subscribe({ topics: [topic], fromBeginning: true });
await consumer.run({
  eachMessage: async ({ partition, message: { offset, key, headers } }) =>
    say(`${topic}-${partition}@${offset}  ${key}  ${headers?.ce_type ?? ''}`),
});
