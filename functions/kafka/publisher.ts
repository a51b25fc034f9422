/** How records get to a topic, whatever client does it. */
import { OrderlyError } from '../errors.ts';

/** A record to send: exactly these bytes. Headers are ASCII, and keep their order. */
export interface PublishRecord {
  readonly key: string;
  readonly value: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

export interface EventPublisher {
  /**
   * Sends records in one produce request per broker, one call after another, and resolves when all in-sync replicas have
   * them. Records of one partition stand in the order given. When the signal aborts, nothing more of it is sent.
   *
   * @throws {PublishError} Any part of the records may be on the topic all the same.
   */
  publish(topic: string, records: readonly PublishRecord[], signal?: AbortSignal): Promise<void>;
  /** The partition that a key goes to; 0 for every key until the first `publish` has learned how many there are. */
  partitionOf(topic: string, key: string): number;
}

/**
 * Records could not be published.
 *
 * `RECORDS_REFUSED`: the broker will never take these, e.g. because their batch is too large; others may pass.
 * `PUBLISH_FAILED`: the broker or the way to it is in trouble; retriable.
 */
export class PublishError extends OrderlyError {
  constructor(code: 'RECORDS_REFUSED' | 'PUBLISH_FAILED', topic: string, cause: unknown) {
    super(code, `records were not published to ${topic}`, {
      retriable: code === 'PUBLISH_FAILED',
      data: { topic },
      cause,
    });
  }
}
