import type { Exit } from '../processes/guarded.ts';

/** A running pair of a Kafka broker and a DynamoDB-and-friends endpoint. */
export interface Engine {
  readonly kind: 'embedded' | 'external';
  /** Found on docker-compose.yml's ports by itself: nobody named an address. Never of an embedded one. */
  readonly adopted: boolean;
  /** `host:port` of the broker, plaintext. */
  readonly bootstrapServers: string;
  /** URL every AWS SDK client is pointed at (`AWS_ENDPOINT_URL`). */
  readonly awsEndpoint: string;
  readonly account: string;
  readonly region: string;
  /** Resolves if a process of an embedded engine dies without being asked to, and never otherwise. */
  readonly exited: Promise<EngineExit>;
  /** Resolves when every process of an embedded engine is gone; does nothing to an external one. Idempotent. */
  stop(): Promise<void>;
}

/** What each engine is made of. */
export type EnginePart = 'kafka' | 'ministack';

/** A part that died by itself. The engine as a whole is of no use then; `stop` ends the other part. */
export interface EngineExit {
  readonly part: EnginePart;
  readonly exit: Exit;
  /** The last lines it wrote, oldest first, without stack frames. */
  readonly lastOutput: readonly string[];
}

/** Hears what an engine's processes write; one line, without its line break. */
export type EngineLog = (part: EnginePart, line: string) => void;
