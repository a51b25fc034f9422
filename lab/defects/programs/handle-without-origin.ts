/** Sets records aside as they are, and says nothing of where they lay. */
import { Kafka } from 'kafkajs';

const { producer } = Kafka.prototype;
Kafka.prototype.producer = function withoutHeaders(config) {
  const made = producer.call(this, config);
  return {
    ...made,
    send: ({ messages, ...record }) =>
      made.send({ ...record, messages: messages.map(({ key, value }) => ({ key, value })) }),
  };
};
await import('../../clients/handle.ts');
