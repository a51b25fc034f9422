/** As lab/clients/consume.ts, but that none of its commits arrives: its group knows of nothing that it has done. */
import { Kafka } from 'kafkajs';

const consumerOf = Kafka.prototype.consumer;
Kafka.prototype.consumer = function withoutCommit(config) {
  const refused = Object.assign(new Error('refused'), { type: 'ILLEGAL_GENERATION' });
  return Object.assign(consumerOf.call(this, config), { commitOffsets: () => Promise.reject(refused) });
};
await import('../../clients/consume.ts');
