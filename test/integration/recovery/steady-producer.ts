import type { Kafka } from 'kafkajs';

/** A producer that writes all the time, on each partition one record after the other, and remembers what was acknowledged. */
export interface SteadyProducer {
  /** Values by partition, in the order in which they were acknowledged. */
  readonly acknowledged: readonly (readonly string[])[];
  /** Resolves when nothing more is written. */
  stop(): Promise<void>;
}

/** Starts writing: on each partition the values `0`, `1`, `2`, …, each sent until the broker has it. */
export async function steadyProducer(
  kafka: Kafka,
  topic: string,
  partitions: number,
): Promise<SteadyProducer> {
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    retry: { initialRetryTime: 100, maxRetryTime: 500, retries: 3 },
  });
  await producer.connect();
  const acknowledged = Array.from({ length: partitions }, (): string[] => []);
  let writing = true;

  async function write(partition: number): Promise<void> {
    for (let n = 0; writing; n += 1) {
      const value = String(n);
      while (!(await isTaken(partition, value))) if (!writing) return;
      acknowledged[partition]?.push(value);
    }
  }

  /** An error doesn't tell whether the broker has the record: it is sent again, and may be there twice. */
  async function isTaken(partition: number, value: string): Promise<boolean> {
    try {
      await producer.send({ topic, acks: -1, messages: [{ partition, value }] });
      return true;
    } catch {
      return false;
    }
  }

  const writers = acknowledged.map((_, partition) => write(partition));
  return {
    acknowledged,
    async stop() {
      writing = false;
      await Promise.all(writers);
      await producer.disconnect();
    },
  };
}
