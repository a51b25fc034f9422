import type { Kafka } from 'kafkajs';
import type { KafkaMappingModel } from '../../resources/kafka-mapping.ts';
import type { GiveUp } from '../delivery/state.ts';
import { countGivenUp, giveUpLine, type Tally } from '../delivery/tally.ts';
import { type DeadLetter, deadLetters } from './dead-letter.ts';
import type { EmulationShape } from './emulation-shape.ts';
import type { EventEnvelope, KafkaRecord } from './event.ts';
import { onFailureTopic } from './on-failure-topic.ts';

export interface GivingUpOptions {
  readonly mapping: KafkaMappingModel;
  /** How the mapping is called in messages. */
  readonly source: string;
  readonly shape: EmulationShape;
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
      const letters = deadLetters(givenUp, options.shape, {
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
