import zoo from '../fixtures/payload-zoo.json' with { type: 'json' };
import type { Chance } from '../support/chance.ts';
import type { Topic, TopicRecord } from './kafka.ts';
import type { Scheduler } from './scheduler.ts';

/** What the consumers are to make of a record that isn't the relay's. */
export interface Foreign {
  readonly name: string;
  readonly outcome: string;
}

interface Animal extends Foreign {
  readonly record: {
    readonly key?: string | null;
    readonly value?: string | null;
    readonly headers: readonly Readonly<Record<string, readonly number[]>>[];
  };
}

/** The file's own type is a union of its forty shapes. */
const animals = zoo as unknown as readonly [Animal, ...Animal[]];

/** Another producer on the same topic, whose records are of every kind; answers what each one is, by partition and offset. */
export function startForeignProducer(
  count: number,
  duration: number,
  topic: Topic,
  { clock, random }: { readonly clock: Scheduler; readonly random: Chance },
): ReadonlyMap<string, Foreign> {
  const sent = new Map<string, Foreign>();
  for (let n = 0; n < count; n += 1) {
    clock.after(random.int(0, duration), () => {
      const partition = random.int(0, topic.partitions.length - 1);
      const animal = random.pick(animals);
      sent.set(`${partition}@${topic.partitions[partition]?.length}`, animal);
      const record = recordOf(animal, clock.now());
      // Somebody else's headers are no matter of ours, whatever they hold.
      const headers = random.hits(0.3) ? { 'x-empty': null, ...record.headers } : record.headers;
      topic.append(partition, [{ ...record, headers }], `foreign producer: ${animal.name}`);
    });
  }
  return sent;
}

function recordOf({ record }: Animal, timestamp: number): Omit<TopicRecord, 'offset'> {
  const headers: Record<string, Buffer | Buffer[]> = {};
  for (const header of record.headers) {
    for (const [name, bytes] of Object.entries(header)) {
      const value = Buffer.from(bytes);
      const earlier = headers[name];
      headers[name] = earlier === undefined ? value : [earlier, value].flat();
    }
  }
  return { key: bytesOf(record.key), value: bytesOf(record.value), headers, timestamp };
}

function bytesOf(base64: string | null | undefined): Buffer | null {
  return base64 === null || base64 === undefined ? null : Buffer.from(base64, 'base64');
}
