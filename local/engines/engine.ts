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

/** How a process ended that was started as a part. */
export interface PartExit<Name extends string> {
  readonly part: Name;
  readonly exit: Exit;
  /** The last lines it wrote, oldest first, without stack frames. */
  readonly lastOutput: readonly string[];
}

/** A part that died by itself. The engine as a whole is of no use then; `stop` ends the other part. */
export type EngineExit = PartExit<EnginePart>;

/** Hears what an engine's processes write; one line, without its line break. */
export type EngineLog = (part: EnginePart, line: string) => void;

/** Where the two parts of an engine are. */
export interface EngineAddresses {
  /** `host:port`, several separated by commas. */
  readonly bootstrapServers: string;
  readonly awsEndpoint: string;
}

/** The addresses that a person has named in the environment. */
export const addressesGiven = (
  env: Readonly<Record<string, string | undefined>>,
): Partial<EngineAddresses> => ({
  bootstrapServers: env.KAFKA_BOOTSTRAP_SERVERS,
  awsEndpoint: env.AWS_ENDPOINT_URL,
});

/** What docker-compose.yml publishes. */
export const COMPOSE: EngineAddresses = {
  bootstrapServers: '127.0.0.1:29092',
  awsEndpoint: 'http://127.0.0.1:24566',
};

/** The cluster id of docker-compose.yml's broker: how the local cloud knows that a broker on its port is its own. */
export const COMPOSE_CLUSTER_ID = 'bWlsbHJhY2UtY29tcG9zZQ';

/** Account and region of every engine, as MiniStack and LocalStack use them by default. */
export const ACCOUNT = '000000000000';
export const REGION = 'us-east-1';
