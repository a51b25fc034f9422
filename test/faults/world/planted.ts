import type { Content, TopicRecord } from '../../checker/observation.ts';
import zoo from '../../fixtures/payload-zoo.json' with { type: 'json' };
import type { Chance } from '../../support/chance.ts';

type Outcome = NonNullable<TopicRecord['planted']>;

interface Animal {
  readonly outcome: string;
  readonly record: {
    readonly key?: string | null;
    readonly value?: string | null;
    readonly headers: readonly Readonly<Record<string, readonly number[]>>[];
  };
}

/** The file's own type is a union of its forty shapes. */
const animals = zoo as unknown as readonly Animal[];

const isPlanted = (outcome: string): outcome is Outcome =>
  outcome === 'unparseable' || outcome === 'invalid' || outcome === 'skipped';

const plants: readonly { readonly content: Content; readonly outcome: Outcome }[] = animals.flatMap(
  ({ outcome, record }) => (isPlanted(outcome) ? [{ content: contentOf(record), outcome }] : []),
);
const byBytes = new Map(plants.map(({ content, outcome }) => [bytesOf(content), outcome]));

/** Records that nobody can use, and some that are to be skipped; each may come more than once. */
export function poison(count: number, random: Chance): readonly (Content & { readonly partition: number })[] {
  return Array.from({ length: count }, () => plants[random.int(0, plants.length - 1)])
    .filter((plant) => plant !== undefined)
    .map(({ content }) => ({ ...content, partition: random.int(0, 2) }));
}

/** What a record was planted as, known by its bytes; undefined for one that wasn't. */
export function plantedAs(content: Content): Outcome | undefined {
  return byBytes.get(bytesOf(content));
}

function bytesOf({ key, value, headers }: Content): string {
  return JSON.stringify([key, value, headers]);
}

/** Headers in the order in which a client for Kafka gives them: those of one name together. */
function contentOf({ key, value, headers }: Animal['record']): Content {
  const all = headers.flatMap((header) => Object.entries(header));
  const byName = Map.groupBy(all, ([name]) => name);
  return {
    key: key ?? null,
    value: value ?? null,
    headers: [...byName.values()].flatMap((its) =>
      its.map(([name, bytes]) => [name, Buffer.from(Int8Array.from(bytes)).toString('base64')] as const),
    ),
  };
}
