/**
 * Three brokers, and a controller of their own, which stays when one of them dies or freezes:
 *
 *     controller 0 ──who leads, who is in sync──> brokers 1, 2, 3 <──replicate from each other──
 *
 * A broker that says nothing for three seconds is out, and its partitions are led by others; with Kafka's own settings it takes nine.
 */
import { join } from 'node:path';
import { cacheFolder } from '../../local/engines/install.ts';
import { installKafka, type KafkaNode, startBroker } from '../../local/engines/kafka.ts';
import type { RunningPart } from '../../local/engines/part.ts';
import { freePorts } from '../../local/engines/ports.ts';
import { findTool } from '../../local/engines/tools.ts';
import { askBroker } from '../../local/kafka/admin.ts';
import { kafkaClient } from '../../local/kafka/client.ts';
import type { Lab } from '../lab.ts';
import { type Brokers, freeze } from './one-broker.ts';
import { requireForExperiments, type Session } from './session.ts';

const IDS = [1, 2, 3] as const;
type BrokerId = (typeof IDS)[number];

export interface ThreeBrokers extends Brokers {
  /** `host:port` of one of them. */
  addressOf(broker: BrokerId): string;
  /** Sends a signal to a broker; after SIGKILL it is gone. */
  signal(broker: BrokerId, signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): Promise<void>;
  /** Starts a broker that was killed, over what it has on its disk; one that runs goes on running. */
  start(broker: BrokerId): Promise<void>;
}

const SETTINGS = {
  'offsets.topic.replication.factor': 3,
  'transaction.state.log.replication.factor': 3,
  'transaction.state.log.min.isr': 2,
  'broker.session.timeout.ms': 3_000,
  'broker.heartbeat.interval.ms': 500,
  // A leader that is back stays a follower: whoever watches should see one change at a time.
  'auto.leader.rebalance.enable': 'false',
  'group.min.session.timeout.ms': 1_000,
};

/** Starts the four of them, fetching Kafka if the cache lacks it. */
export async function threeBrokers({ folder, progress }: Session['place']): Promise<ThreeBrokers> {
  const env = process.env;
  const java = await findTool('java', env);
  requireForExperiments([java]);
  const install = await installKafka(cacheFolder(env), env, progress);
  const [controllerPort = 0, ...ports] = await freePorts(1 + IDS.length);
  const startNode = (id: number, role: KafkaNode['roles'][number]) =>
    startBroker({
      install,
      node: { id, roles: [role], controllerId: 0 },
      dataDir: join(folder, `node-${id}`),
      port: ports[id - 1] ?? 0,
      controllerPort,
      javaVersion: java.version ?? 'unknown',
      env,
      settings: SETTINGS,
      log: () => undefined,
    });

  const running = new Map<number, RunningPart>();
  const start = async (id: number, role: KafkaNode['roles'][number]) => {
    if (running.has(id)) return;
    const node = await startNode(id, role);
    running.set(id, node);
    void node.exited.then(() => running.delete(id));
  };
  // Nothing is worth being saved, and a frozen broker can't be asked.
  const stop = async () => {
    const nodes = [...running.values()];
    for (const node of nodes) node.kill('SIGKILL');
    await Promise.all(nodes.map(({ exited }) => exited));
  };

  progress('starting three brokers and a controller of Apache Kafka');
  const started = await Promise.allSettled([start(0, 'controller'), ...IDS.map((id) => start(id, 'broker'))]);
  const failed = started.find((one) => one.status === 'rejected');
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  const addressOf = (id: BrokerId) => `127.0.0.1:${ports[id - 1]}`;
  return {
    brokers: IDS.map(addressOf).join(),
    addressOf,
    start: (id) => start(id, 'broker'),
    async signal(id, signal) {
      const node = running.get(id);
      if (node !== undefined && signal === 'SIGSTOP') await freeze(node);
      else node?.kill(signal);
      if (signal === 'SIGKILL') await node?.exited;
    },
    stop,
  };
}

/** What an experiment does to brokers, and says of it. */
export interface Switches {
  /** As a long pause of its garbage collector: it does nothing, and its sockets still take what is sent. */
  freeze(...brokers: readonly BrokerId[]): Promise<void>;
  thaw(...brokers: readonly BrokerId[]): Promise<void>;
  /** SIGKILL, also where it is frozen; what lay in its sockets is gone. */
  kill(...brokers: readonly BrokerId[]): Promise<void>;
  /** Has all three of them run again, whatever was done to them. */
  mend(): Promise<void>;
  /** Whether something holds of every partition of some topics, by the word of a broker that runs; not, where none says anything. */
  everywhere(topics: readonly string[], holds: (place: Place) => boolean): Promise<boolean>;
}

interface Place {
  readonly leader: number | null;
  readonly inSync: readonly number[];
}

/** The switches of the lab's three brokers, which a lab's listener hears of. */
export async function switchesOf(lab: Lab): Promise<Switches> {
  const cluster = await lab.use(threeBrokers);
  const states = new Map<BrokerId, 'up' | 'frozen' | 'down'>(IDS.map((id) => [id, 'up']));
  const tellState = (broker: BrokerId, state: 'up' | 'frozen' | 'down') => {
    states.set(broker, state);
    lab.tell({ type: 'broker', broker, state });
  };
  for (const id of IDS) tellState(id, 'up');
  const told = new Map<string, string>();

  return {
    async freeze(...brokers) {
      for (const broker of brokers) {
        await cluster.signal(broker, 'SIGSTOP');
        tellState(broker, 'frozen');
      }
    },
    async thaw(...brokers) {
      for (const broker of brokers) {
        await cluster.signal(broker, 'SIGCONT');
        tellState(broker, 'up');
      }
    },
    async kill(...brokers) {
      for (const broker of brokers) {
        await cluster.signal(broker, 'SIGKILL');
        tellState(broker, 'down');
      }
    },
    async mend() {
      const ill = IDS.filter((id) => states.get(id) !== 'up');
      await Promise.all(
        ill.map(async (id) => {
          await cluster.signal(id, 'SIGCONT');
          await cluster.start(id);
          tellState(id, 'up');
        }),
      );
    },
    async everywhere(topics, holds) {
      // A frozen broker takes a connection and never answers.
      const up = IDS.filter((id) => states.get(id) === 'up').map(cluster.addressOf);
      const kafka = kafkaClient({ bootstrapServers: up.join(), clientId: 'lab' });
      const asked = askBroker(kafka, (admin) => admin.fetchTopicMetadata({ topics: [...topics] }), 5_000);
      const found = await asked.catch(() => ({ topics: [] }));
      const places = found.topics.flatMap(({ name: topic, partitions }) =>
        partitions.map(({ partitionId: partition, leader, isr }) => ({
          topic,
          partition,
          leader: leader < 0 ? null : leader,
          inSync: isr.toSorted(),
        })),
      );
      for (const place of places) {
        const [name, news] = [`${place.topic}-${place.partition}`, JSON.stringify(place)];
        if (told.get(name) === news) continue;
        told.set(name, news);
        lab.tell({ type: 'leader', ...place });
      }
      return places.length > 0 && places.every(holds);
    },
  };
}
