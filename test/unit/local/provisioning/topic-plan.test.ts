import { expect, it } from 'vitest';
import { planTopics } from '../../../../local/provisioning/topic-plan.ts';

const topic = (name: string, partitions: number) => ({
  logicalId: name,
  path: `Stack/${name}`,
  name,
  partitions,
  config: {},
});
const names = (topics: readonly { name: string }[]) => topics.map(({ name }) => name);

it('sorts topics by what must happen to them', () => {
  const topics = [topic('new', 3), topic('same', 3), topic('small', 3), topic('large', 3)];
  const plan = planTopics(
    topics,
    new Map([
      ['same', 3],
      ['small', 1],
      ['large', 4],
      ['unmodelled', 9],
    ]),
  );
  expect(names(plan.missing)).toEqual(['new']);
  expect(names(plan.ours)).toEqual(['same', 'small', 'large']);
  expect(names(plan.growing)).toEqual(['small']);
  expect(plan.shrinking).toMatchObject([{ name: 'large', partitions: 3, found: 4 }]);
});

it('leaves a topic that no template declares as it is found', () => {
  const plan = planTopics([{ ...topic('foreign', 3), undeclared: true }], new Map([['foreign', 1]]));
  expect([plan.missing, plan.growing, plan.shrinking]).toEqual([[], [], []]);
});
