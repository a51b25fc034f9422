export interface BrokerPlaces {
  /** Absolute path of the folder of the log segments. */
  readonly logDir: string;
  readonly port: number;
  readonly controllerPort: number;
}

/**
 * server.properties of a single KRaft node that is broker and controller.
 *
 * The quorum is named here (`controller.quorum.voters`) and not in the formatted log folder, so the same data can be
 * served from other ports next time.
 */
export function serverProperties({ logDir, port, controllerPort }: BrokerPlaces): string {
  const properties: Readonly<Record<string, string | number>> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
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
