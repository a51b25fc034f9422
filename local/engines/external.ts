import { composeUp } from '../command-line.ts';
import { LocalCloudError } from '../errors.ts';
import { kafkaClient } from '../kafka/client.ts';
import { ACCOUNT, COMPOSE, COMPOSE_CLUSTER_ID, type Engine, type EngineAddresses, REGION } from './engine.ts';
import { accepts } from './ports.ts';

export interface ExternalOptions {
  /** Addresses that a person gave (`KAFKA_BOOTSTRAP_SERVERS`, `AWS_ENDPOINT_URL`); each may be missing. */
  readonly given: Partial<EngineAddresses>;
  /** What stands in for an address that wasn't given; docker-compose.yml's by default. */
  readonly compose?: EngineAddresses;
}

/**
 * Connects to parts that run already, and leaves them running.
 *
 * A broker whose address was given is taken as it is. One found on docker-compose.yml's port is taken only if it has
 * docker-compose.yml's cluster id: ENGINE_NOT_OURS otherwise. ENGINE_UNREACHABLE if a part doesn't answer.
 */
export async function connectExternalEngine({ given, compose = COMPOSE }: ExternalOptions): Promise<Engine> {
  const bootstrapServers = given.bootstrapServers ?? compose.bootstrapServers;
  const awsEndpoint = given.awsEndpoint ?? compose.awsEndpoint;
  const [clusterId, awsAnswers] = await Promise.all([
    clusterIdOf(bootstrapServers),
    answersHttp(awsEndpoint),
  ]);

  const silent = [
    ...(clusterId === undefined ? [`the broker at ${bootstrapServers}`] : []),
    ...(awsAnswers ? [] : [`the AWS endpoint ${awsEndpoint}`]),
  ];
  const variables = [
    ...(given.bootstrapServers === undefined ? [] : [`KAFKA_BOOTSTRAP_SERVERS=${given.bootstrapServers}`]),
    ...(given.awsEndpoint === undefined ? [] : [`AWS_ENDPOINT_URL=${given.awsEndpoint}`]),
  ];
  const asTold =
    variables.length === 0
      ? []
      : [
          `They were looked for because of ${variables.join(' and ')} in this shell: unset what isn't meant for this.`,
        ];
  if (silent.length > 0) {
    throw new LocalCloudError('ENGINE_UNREACHABLE', `No answer from ${silent.join(' and ')}.`, {
      remedy: [...asTold, `Start it (${composeUp()}), or start with the embedded engine: --engine embedded`],
      retriable: true,
    });
  }
  if (given.bootstrapServers === undefined && clusterId !== COMPOSE_CLUSTER_ID) {
    throw new LocalCloudError(
      'ENGINE_NOT_OURS',
      `The broker at ${bootstrapServers} is not the one of docker-compose.yml; it was left alone.`,
      {
        remedy: [
          ...asTold,
          'To use it all the same, name it: KAFKA_BOOTSTRAP_SERVERS and AWS_ENDPOINT_URL.',
          `To use docker-compose.yml, stop that broker and run ${composeUp()}.`,
        ],
      },
    );
  }
  return {
    kind: 'external',
    adopted: given.bootstrapServers === undefined && given.awsEndpoint === undefined,
    bootstrapServers,
    awsEndpoint,
    account: ACCOUNT,
    region: REGION,
    exited: new Promise(() => undefined),
    stop: async () => undefined,
  };
}

/** The broker's cluster id; undefined if no broker answers there. */
export async function clusterIdOf(bootstrapServers: string): Promise<string | undefined> {
  // kafkajs takes seconds to give up on a port that nobody listens on.
  const listening = await Promise.all(bootstrapServers.split(',').map(accepts));
  if (!listening.includes(true)) return undefined;

  const admin = kafkaClient({ bootstrapServers, clientId: 'millrace' }).admin();
  try {
    await admin.connect();
    return (await admin.describeCluster()).clusterId;
  } catch {
    return undefined;
  } finally {
    await admin.disconnect();
  }
}

const ANSWER_WITHIN_MS = 2000;

/** Any HTTP answer will do: the endpoint may be MiniStack, LocalStack or DynamoDB Local. */
async function answersHttp(endpoint: string): Promise<boolean> {
  try {
    await fetch(endpoint, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    return true;
  } catch {
    return false;
  }
}
