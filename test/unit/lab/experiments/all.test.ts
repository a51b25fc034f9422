import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { DEFECTS } from '../../../../lab/defects/all.ts';
import { EXPERIMENTS } from '../../../../lab/experiments/all.ts';
import { valuesOf } from '../../../../lab/run.ts';

const root = new URL('../../../../', import.meta.url);
const isThere = (path: string) => existsSync(fileURLToPath(new URL(path, root)));
const twice = (names: readonly string[]) => names.filter((name, at) => names.indexOf(name) !== at);

it('experiments have names of their own', () => {
  expect(twice(EXPERIMENTS.map(({ name }) => name))).toEqual([]);
});

describe.each(EXPERIMENTS.map((one) => [one.name, one] as const))('%s', (_, experiment) => {
  const defects = DEFECTS.filter((defect) => defect.experiment === experiment.name);

  it('has checks of which each says something else', () => {
    expect(experiment.checks).not.toHaveLength(0);
    expect(twice(experiment.checks.map(({ says }) => says))).toEqual([]);
  });

  it('has a defect for each check but for those that guard the run', () => {
    const broken = new Set(defects.flatMap(({ breaks }) => breaks));
    const saying = (guards: boolean) =>
      experiment.checks.filter(({ guard = false }) => guard === guards).map(({ says }) => says);
    expect(saying(false).filter((says) => !broken.has(says))).toEqual([]);
    expect(saying(true).filter((says) => broken.has(says))).toEqual([]);
  });

  it('points at what is in production', () => {
    expect(experiment.inProduction.filter(({ path }) => !isThere(path))).toEqual([]);
  });
});

describe.each(DEFECTS.map((defect) => [defect.experiment, defect.wrong, defect] as const))(
  'the defect of %s: %s',
  (name, _, defect) => {
    const experiment = EXPERIMENTS.find((one) => one.name === name);

    it('breaks checks that there are', () => {
      expect(defect.breaks).not.toHaveLength(0);
      expect(experiment?.checks.map(({ says }) => says)).toEqual(expect.arrayContaining([...defect.breaks]));
    });

    it('is made of settings and programs that there are', () => {
      const { programs = {}, settings = {} } = defect;
      expect(Object.keys({ ...programs, ...settings })).not.toHaveLength(0);
      expect(experiment && valuesOf(experiment, settings)).toBeDefined();
      expect(Object.values(programs).filter((file) => !isThere(`lab/defects/programs/${file}`))).toEqual([]);
    });
  },
);

it('defects say different things', () => {
  expect(twice(DEFECTS.map(({ experiment, wrong }) => `${experiment}: ${wrong}`))).toEqual([]);
});
