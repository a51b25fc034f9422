/** As lab/clients/consume.ts, but that every group waits for `email-service` to have committed a record before it works on it. */
import { setTimeout as pause } from 'node:timers/promises';
import { type EachMessagePayload, Kafka } from 'kafkajs';

const FIRST = 'email-service';
const consumerOf = Kafka.prototype.consumer;
Kafka.prototype.consumer = function afterEmail(config) {
  const consumer = consumerOf.call(this, config);
  if (config.groupId === FIRST) return consumer;
  const admin = this.admin();
  const mailed = async ({ topic, partition, message }: EachMessagePayload) => {
    const [found] = await admin.fetchOffsets({ groupId: FIRST, topics: [topic] });
    const committed = found?.partitions.find((one) => one.partition === partition)?.offset ?? -1;
    return Number(committed) > Number(message.offset);
  };
  const { run, disconnect } = consumer;
  consumer.disconnect = () => Promise.all([disconnect(), admin.disconnect()]).then(() => undefined);
  consumer.run = async ({ eachMessage, ...options } = {}) => {
    await admin.connect();
    return run({
      ...options,
      async eachMessage(payload) {
        for (; !(await mailed(payload)); await pause(100)) await payload.heartbeat().catch(() => undefined);
        await eachMessage?.(payload);
      },
    });
  };
  return consumer;
};
await import('../../clients/consume.ts');
