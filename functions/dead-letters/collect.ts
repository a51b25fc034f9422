import { mapConcurrently } from '../concurrency.ts';
import type { KafkaHandler } from '../kafka/consume.ts';
import { decodeKafkaEvent, isReplay, type KafkaRecord } from '../kafka/decode.ts';
import { batchResponse, DONE, deadLetter, type Outcome, retry } from '../kafka/outcome.ts';
import { reportBatch } from '../kafka/report.ts';
import type { FunctionLogger } from '../logger.ts';
import { codeOf, isTransient } from '../transient.ts';
import type { DeadLetter, LetterError, WriteDeadLetter } from './letter.ts';
import { type GroupsByFunction, rawLetter, readMessage, withoutBytes } from './read-message.ts';

/** What the collector needs of the world. */
export interface CollectorPorts {
  /** Its own consumer group: messages that it can't read are kept under this name. */
  readonly consumer: string;
  readonly groups: GroupsByFunction;
  readonly writeDeadLetter: WriteDeadLetter;
  readonly logger: FunctionLogger;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

const MESSAGES_IN_FLIGHT = 10;
/** Of one message. */
const LETTERS_IN_FLIGHT = 5;
/** No letter is begun with less time than this: writing one takes two requests of ten seconds at most. */
const LETTER_MS = 25_000;

/**
 * The second door to the dead letters: what Lambda gave up and wrote to the dead-letter topic becomes a letter for each
 * record of it.
 *
 * Nothing in a message makes it fail. One that can't be read is stored as it is, and one that the table refuses in ever
 * smaller form; only a table that can't be written, or time that has run out, brings a message again, and by itself.
 *
 * @throws {OrderlyError} `KAFKA_EVENT_INVALID` where the invocation is no Kafka event; nothing else.
 */
export function collect(ports: CollectorPorts): KafkaHandler {
  return async (event, context) => {
    ports.logger.addContext(context);
    const startedAt = ports.now();
    const batch: Batch = {
      ...ports,
      isReplay: isReplay(event),
      hasTime: () => context.getRemainingTimeInMillis() >= LETTER_MS,
    };
    const settled = await mapConcurrently(decodeKafkaEvent(event), MESSAGES_IN_FLIGHT, async (record) => ({
      record,
      outcome: await store(record, batch),
    }));
    reportBatch(settled, { rounds: 1, durationMs: ports.now() - startedAt }, ports.logger);
    return batchResponse(settled);
  };
}

interface Batch extends CollectorPorts {
  readonly isReplay: boolean;
  readonly hasTime: () => boolean;
}

/** `done`: each record has its letter. `dead-letter`: the message itself has become one. */
async function store(message: KafkaRecord, batch: Batch): Promise<Outcome> {
  const read = readMessage(message, batch.groups);
  if (read.kind === 'unreadable') return storeRaw(message, read.error, batch);

  const written = await writeAll(read.letters, batch);
  switch (written.kind) {
    case 'stored':
      for (const letter of read.letters) report(letter, batch.logger);
      return DONE;
    case 'not-now':
      return retry(written.code);
    case 'refused':
      return storeRaw(message, { code: 'LETTER_REFUSED', detail: written.code }, batch);
  }
}

async function storeRaw(message: KafkaRecord, error: LetterError, batch: Batch): Promise<Outcome> {
  const raw = rawLetter(message, batch.consumer, error, batch.isReplay);
  let written = await writeAll([raw], batch);
  if (written.kind === 'refused') written = await writeAll([withoutBytes(raw)], batch);
  return written.kind === 'stored' ? deadLetter(raw.reason, raw.error) : retry(written.code);
}

type Written =
  | { readonly kind: 'stored' }
  /** The table does not take this letter; another one it might. */
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'not-now'; readonly code: string };

/** Writes what it can of the letters, and answers for all of them: the worst that happened to one. */
async function writeAll(letters: readonly DeadLetter[], batch: Batch): Promise<Written> {
  const written = await mapConcurrently(letters, LETTERS_IN_FLIGHT, (letter) => write(letter, batch));
  return (
    written.find(({ kind }) => kind === 'not-now') ??
    written.find(({ kind }) => kind === 'refused') ?? { kind: 'stored' }
  );
}

async function write(letter: DeadLetter, batch: Batch): Promise<Written> {
  if (!batch.hasTime()) return { kind: 'not-now', code: 'NO_TIME_LEFT' };
  try {
    await batch.writeDeadLetter(letter, new Date(batch.now()));
  } catch (failure) {
    const code = `DEAD_LETTER_NOT_WRITTEN/${codeOf(failure)}`;
    return { kind: isTransient(failure) ? 'not-now' : 'refused', code };
  }
  return { kind: 'stored' };
}

function report({ consumer, record, reason, error }: DeadLetter, logger: FunctionLogger): void {
  const { topic, partition, offset } = record;
  logger.warn('dead letter collected', { consumer, topic, partition, offset, reason, code: error.code });
  logger.measure({ DeadLetters: 1 }, reason);
}
