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
