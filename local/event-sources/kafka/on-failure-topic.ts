import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Kafka, type Producer } from 'kafkajs';
import type { DeadLetter } from './dead-letter.ts';

const { KafkaJSError, KafkaJSNumberOfRetriesExceeded, Partitioners } = kafkajs;

/** A topic that dead letters are written to. */
export interface OnFailureTopic {
  /**
   * Writes a letter to all replicas. `refused` says why the broker doesn't take it. While the broker is away it goes on
   * trying as long as `isWanted`; then the letter is `abandoned`.
   */
  write(letter: DeadLetter, isWanted: () => boolean): Promise<Written>;
  close(): Promise<void>;
}

type Written =
  | { readonly kind: 'written' }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'abandoned' };

const AGAIN_MS = 300;
/**
 * A broker hangs up on who sends it a larger request, as if it were away
 * (https://kafka.apache.org/documentation/#brokerconfigs_socket.request.max.bytes); a letter is larger than its record.
 */
const MOST_BYTES = 100 * 1024 * 1024;

/**
 * Letters with a key go where Kafka's own clients put the key, those without round the partitions. The connection is made
 * for the first letter.
 */
export function onFailureTopic(kafka: Kafka, topic: string): OnFailureTopic {
  let producer: Promise<Producer> | undefined;
  const closing = new AbortController();

  function connected(): Promise<Producer> {
    producer ??= connect(kafka).catch((error: unknown) => {
      producer = undefined;
      throw error;
    });
    return producer;
  }

  return {
    async write({ key, value }, isWanted) {
      if ((key?.length ?? 0) + Buffer.byteLength(value) > MOST_BYTES)
        return { kind: 'refused', reason: 'MESSAGE_TOO_LARGE' };
      while (isWanted() && !closing.signal.aborted) {
        try {
          await (await connected()).send({ topic, acks: -1, messages: [{ key, value }] });
          return { kind: 'written' };
        } catch (error) {
          const reason = refusal(error);
          if (reason !== undefined) return { kind: 'refused', reason };
          await sleep(AGAIN_MS, undefined, { signal: closing.signal }).catch(() => undefined);
        }
      }
      return { kind: 'abandoned' };
    },
    async close() {
      closing.abort();
      await (await producer?.catch(() => undefined))?.disconnect();
    },
  };
}

async function connect(kafka: Kafka): Promise<Producer> {
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  return producer;
}

/** What the broker has against a letter; undefined if it is only away. kafkajs takes a missing topic for that, too. */
function refusal(error: unknown): string | undefined {
  const cause = error instanceof KafkaJSNumberOfRetriesExceeded ? error.cause : error;
  const type = cause instanceof Error && 'type' in cause ? String(cause.type) : undefined;
  if (cause instanceof KafkaJSError && cause.retriable && type !== 'UNKNOWN_TOPIC_OR_PARTITION')
    return undefined;
  return type ?? (cause instanceof Error ? cause.name : 'unknown error');
}
