import { type KafkaFate, PASS, startKafkaProxy } from '../../../cli/faults/kafka-proxy.ts';
import { KAFKA_FAULTS, type KafkaFault, kindOf } from '../fault-kinds.ts';
import type { Plan } from '../plan.ts';
import type { FaultLog } from './fault-log.ts';

/** Everything between the broker and its clients: the relay, and the pollers of all consumers. */
export interface KafkaRequests {
  /** `host:port` for each. */
  readonly relay: string;
  readonly pollers: string;
  /** Faults strike from now on, or no more. */
  strike(isOn: boolean): void;
  stop(): Promise<void>;
}

/** What is struck: to the others an answer or none is all one. */
const STRUCK = { relay: /^Produce$/, pollers: /^(OffsetCommit|Fetch)$/ } as const;

export async function startKafkaRequests(
  bootstrapServers: string,
  plan: Plan,
  log: FaultLog,
): Promise<KafkaRequests> {
  const random = plan.chance.fork();
  const struck = new Map<string, number>();
  let isOn = false;

  function draw(who: keyof typeof STRUCK, api: string): KafkaFault | undefined {
    if (!isOn || !STRUCK[who].test(api)) return undefined;
    for (const [fault, rate] of plan.rates.get(who) ?? []) {
      if (!(fault in KAFKA_FAULTS)) continue;
      const count = struck.get(`${who} ${fault}`) ?? 0;
      if (count >= kindOf(fault).limit || !random.hits(rate)) continue;
      struck.set(`${who} ${fault}`, count + 1);
      return fault as KafkaFault;
    }
    return undefined;
  }

  function fateBy(fault: KafkaFault): KafkaFate {
    switch (fault) {
      case 'kafka request lost':
        return { kind: 'lost-request' };
      case 'kafka answer lost':
        return { kind: 'lost-answer' };
      case 'kafka slow':
        return { kind: 'slow', ms: random.int(20, 500) };
      case 'kafka half open':
        return { kind: 'half-open', heard: false };
      case 'kafka half open, heard':
        return { kind: 'half-open', heard: true };
    }
  }

  const proxy = (who: keyof typeof STRUCK) =>
    startKafkaProxy(
      () => bootstrapServers,
      ({ api }) => {
        const fault = draw(who, api);
        if (fault === undefined) return PASS;
        log.note({ kind: fault, where: who, operation: api });
        return fateBy(fault);
      },
    );
  const [relay, pollers] = await Promise.all([proxy('relay'), proxy('pollers')]);
  return {
    relay: relay.address,
    pollers: pollers.address,
    strike(on) {
      isOn = on;
    },
    async stop() {
      await Promise.all([relay.stop(), pollers.stop()]);
    },
  };
}
