/** Of the one node there is. */
export const NODE_ID = '1';

export interface BrokerPlaces {
  /** Name of the folder of the log segments, seen from where Kafka runs: Kafka splits a path at its commas. */
  readonly logDir: string;
  readonly port: number;
  readonly controllerPort: number;
  /** What tells this broker from any other that may answer on its port: its `broker.rack`, which nothing else is done with. */
  readonly mark: string;
}

/**
 * server.properties of a single KRaft node that is broker and controller.
 *
 * The quorum is named here (`controller.quorum.voters`) and not in the formatted log folder, so the same data can be
 * served from other ports next time.
 */
export function serverProperties({ logDir, port, controllerPort, mark }: BrokerPlaces): string {
  const properties: Readonly<Record<string, string | number>> = {
    'process.roles': 'broker,controller',
    'node.id': NODE_ID,
    'controller.quorum.voters': `${NODE_ID}@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'broker.rack': mark,
    'log.dirs': logDir,
    ...singleNode,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** What a cluster of one needs to start groups and transactions, and to start them at once. docker-compose.yml sets the same. */
export const singleNode = {
  'offsets.topic.replication.factor': 1,
  'offsets.topic.num.partitions': 1,
  'transaction.state.log.replication.factor': 1,
  'transaction.state.log.min.isr': 1,
  'transaction.state.log.num.partitions': 1,
  'share.coordinator.state.topic.replication.factor': 1,
  'share.coordinator.state.topic.min.isr': 1,
  'group.initial.rebalance.delay.ms': 0,
  'auto.create.topics.enable': 'false',
} as const;
