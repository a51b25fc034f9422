import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Kafka, type Producer } from 'kafkajs';
import type { KafkaMappingModel } from '../../resources/kafka-mapping.ts';
import type { GiveUp } from '../delivery/state.ts';
import { countGivenUp, giveUpLine, type Tally } from '../delivery/tally.ts';
import { type DeadLetter, deadLetters } from './dead-letter.ts';
import type { Emulation } from './emulation.ts';
import type { EventEnvelope, KafkaRecord } from './event.ts';

export interface GivingUpOptions {
  readonly mapping: KafkaMappingModel;
  /** How the mapping is called in messages. */
  readonly source: string;
  readonly emulation: Emulation;
  readonly envelope: EventEnvelope;
  /** The client that writes to the on-failure topic. */
  readonly kafka: Kafka;
  readonly tally: Tally;
  readonly clock: () => number;
  readonly newId: () => string;
  readonly log: (line: string) => void;
}

/** Letters that are written at the same time. */
const SIDE_BY_SIDE = 100;

/**
 * Sends records that are given up to the mapping's on-failure topic. Without one they are dropped; so is what the topic
 * doesn't take (inferred: AWS documents it as a metric, `DestinationDeliveryFailures`, and not what becomes of the offset).
 */
export function givingUp(options: GivingUpOptions): {
  /** As `DeliveryPorts.giveUp`. */
  giveUp(givenUp: GiveUp<KafkaRecord>, isOwned: () => boolean): Promise<void>;
  /** As `DeliveryPorts.lost`. */
  lost(givenUp: GiveUp<KafkaRecord>, error: unknown): void;
  close(): Promise<void>;
} {
  const { mapping, tally } = options;
  const destination =
    mapping.onFailureTopic === undefined ? undefined : onFailureTopic(options.kafka, mapping.onFailureTopic);

  function drop(givenUp: GiveUp<KafkaRecord>, fate: string): void {
    countGivenUp(tally, givenUp, 'dropped');
    options.log(giveUpLine(options.source, givenUp, fate, ({ offset }) => offset));
  }

  async function write(
    givenUp: GiveUp<KafkaRecord>,
    letter: DeadLetter,
    isOwned: () => boolean,
  ): Promise<void> {
    const written = await destination?.write(letter, isOwned);
    switch (written?.kind) {
      case 'written':
        countGivenUp(tally, letter, 'delivered');
        break;
      case 'refused':
        drop(
          { ...givenUp, slices: letter.slices },
          `dropped: its destination refuses it (${written.reason})`,
        );
        break;
      case 'abandoned':
      case undefined:
        // Whoever owns the partition next begins with these records.
        break;
    }
  }

  return {
    async giveUp(givenUp, isOwned) {
      if (destination === undefined) {
        drop(givenUp, 'dropped: there is no destination');
        return;
      }
      const letters = deadLetters(givenUp, options.emulation, {
        functionArn: mapping.functionArn,
        envelope: options.envelope,
        now: options.clock(),
        newId: options.newId,
      });
      for (let from = 0; from < letters.length; from += SIDE_BY_SIDE) {
        const some = letters.slice(from, from + SIDE_BY_SIDE);
        await Promise.all(some.map((letter) => write(givenUp, letter, isOwned)));
      }
    },
    lost: (givenUp, error) =>
      drop(givenUp, `dropped: it can't be told to its destination (${String(error)})`),
    close: async () => destination?.close(),
  };
}

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
