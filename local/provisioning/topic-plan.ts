import type { TopicModel } from '../assembly/model.ts';

export interface TopicPlan {
  readonly missing: readonly TopicModel[];
  /** All that exist and that a template declares, those that grow included. */
  readonly ours: readonly TopicModel[];
  readonly growing: readonly TopicModel[];
  /** With more partitions, `found`, than modelled. */
  readonly shrinking: readonly (TopicModel & { readonly found: number })[];
}

/** What must happen so that the topics are as modelled; `found` has the partition count of each topic that exists. */
export function planTopics(topics: readonly TopicModel[], found: ReadonlyMap<string, number>): TopicPlan {
  const counted = topics.flatMap((topic) => {
    const count = found.get(topic.name);
    // A topic that no template declares is somebody else's: it stays as it is found.
    return count === undefined || topic.undeclared ? [] : [{ ...topic, found: count }];
  });
  return {
    missing: topics.filter(({ name }) => !found.has(name)),
    ours: topics.filter(({ name, undeclared }) => found.has(name) && !undeclared),
    growing: counted.filter((topic) => topic.found < topic.partitions),
    shrinking: counted.filter((topic) => topic.found > topic.partitions),
  };
}
