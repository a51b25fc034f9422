/** What an experiment is given: brokers, client processes, and a way to wait for what has to be seen. */
import type { Admin } from 'kafkajs';
import type { LogEvent, Untimed } from '../local/events/event.ts';
import { askBroker } from '../local/kafka/admin.ts';
import { kafkaClient } from '../local/kafka/client.ts';
import { type Client, startClient } from './client.ts';
import type { Service, Session } from './cluster/session.ts';
import { LabError } from './errors.ts';

export interface Lab {
  /** `host:port` of the brokers, separated by commas. */
  readonly brokers: string;
  /** Everything that was told so far, by clients and by the experiment. */
  readonly events: readonly LogEvent[];
  /** Says to whoever watches what is done now. */
  step(text: string): void;
  /** Adds what no client could tell: a broker that was frozen, an offset that was found. */
  tell(event: Untimed): void;
  /** Makes a topic; it is gone when the experiment is over. */
  topic(name: string, options?: TopicOptions): Promise<void>;
  /**
   * Starts a program of lab/clients/ with these options, `--brokers` added (`brokers: false` leaves it out), and with `env` over this process's environment; it ends
   * with the experiment at the latest.
   */
  client(
    program: string,
    options: Readonly<Record<string, string | number | boolean>>,
    env?: Readonly<Record<string, string>>,
  ): Client;
  /** Asks the brokers something as an administrator, again while they are coming up. */
  ask<T>(question: (admin: Admin) => Promise<T>): Promise<T>;
  /**
   * Waits until `look` has something to show; it looks at each event, and every 50 ms.
   *
   * @throws {LabError} `NOT_SEEN` after `withinMs`, by default 30 s, with `what` in it
   */
  until<T>(
    what: string,
    look: () => T | undefined | false | Promise<T | undefined | false>,
    withinMs?: number,
  ): Promise<T>;
  /** Whether `look` has something to show within `withinMs`, by default 10 s: for what another setting may keep from ever happening. */
  eventually(look: () => boolean | Promise<boolean>, withinMs?: number): Promise<boolean>;
  /** A service that is started when the first experiment wants it, and kept for the next ones: `lab.use(startPostgres)`. */
  use<T extends Service>(start: (place: Session['place']) => Promise<T>): Promise<T>;
}

interface TopicOptions {
  /** @default 3 */
  readonly partitions?: number;
  /** The brokers that hold each partition, the first of which leads it. @default - one, whichever */
  readonly replicas?: readonly number[];
  readonly config?: Readonly<Record<string, string>>;
}

/** A lab whose clients, topics and groups are gone after `close`. */
export interface OpenLab extends Lab {
  close(): Promise<void>;
}

/** Opens a lab on brokers of a session; `listener` hears each event. */
export function openLab(
  session: Session,
  brokers: string,
  listener: (event: LogEvent) => void,
  programs: Readonly<Record<string, string>> = {},
): OpenLab {
  const events: LogEvent[] = [];
  const clients: Client[] = [];
  const topics = new Set<string>();
  const groups = new Set<string>();
  let wake: () => void = () => undefined;
  const hear = (event: LogEvent) => {
    events.push(event);
    if (event.type === 'assigned') groups.add(event.group);
    listener(event);
    wake();
  };
  const tell = (event: Untimed) => hear({ ...event, at: Date.now() });
  const ask = <T>(question: (admin: Admin) => Promise<T>) =>
    askBroker(kafkaClient({ bootstrapServers: brokers, clientId: 'lab' }), question);

  return {
    brokers,
    events,
    tell,
    ask,
    step: (text) => tell({ type: 'step', text }),
    use: (start) => session.use(start),
    async topic(topic, { partitions = 3, replicas, config = {} } = {}) {
      const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
      const held = (by: readonly number[]) =>
        Array.from({ length: partitions }, (_, partition) => ({ partition, replicas: [...by] }));
      const places =
        replicas === undefined
          ? { numPartitions: partitions, replicationFactor: 1 }
          : { replicaAssignment: held(replicas) };
      const wanted = { topic, configEntries, ...places };
      await ask((admin) => admin.createTopics({ topics: [wanted], waitForLeaders: true }));
      topics.add(topic);
      tell({ type: 'topic', topic, partitions });
    },
    client(program, options, env) {
      const client = startClient(program, { brokers, ...options }, { hear, env, file: programs[program] });
      clients.push(client);
      return client;
    },
    async until(what, look, withinMs = 30_000) {
      const deadline = performance.now() + withinMs;
      for (;;) {
        const found = await look();
        if (found !== undefined && found !== false) return found;
        if (performance.now() > deadline) {
          throw new LabError('NOT_SEEN', `not seen within ${withinMs / 1000} s: ${what}`, {
            remedy: ['Run it again; on a busy machine brokers and groups take their time.'],
            retriable: true,
          });
        }
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, 50);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    },
    eventually(look, withinMs = 10_000) {
      return this.until('what may never come', look, withinMs).catch((error: unknown) => {
        if (error instanceof LabError && error.code === 'NOT_SEEN') return false;
        throw error;
      });
    },
    async close() {
      await Promise.all(clients.map((client) => client.kill()));
      await ask(async (admin) => {
        const { topics: left } = await admin.fetchTopicMetadata();
        const ours = left.map(({ name }) => name).filter((name) => topics.has(name));
        if (ours.length > 0) await admin.deleteTopics({ topics: ours });
      });
      // A group whose members were killed is empty when it has noticed; kafkajs takes a group that never was for an error.
      await this.until('its groups are empty', () =>
        ask((admin) => admin.deleteGroups([...groups])).then(
          () => true,
          (error: unknown) => !hasMembers(error),
        ),
      );
    },
  };
}

function hasMembers(error: unknown): boolean {
  if (!(error instanceof Error && 'groups' in error && Array.isArray(error.groups))) return false;
  return error.groups.some(({ error: cause }) => cause?.type === 'NON_EMPTY_GROUP');
}
