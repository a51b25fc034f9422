import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LogEvent } from '../../../local/events/event.ts';
import { gone, type OrderlyProcess, orderly, ran } from '../../support/orderly-process.ts';
import { descendantsOf } from '../../support/process-tree.ts';

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'orderly-lab-run-'));
});
afterAll(() => {
  rmSync(cwd, { recursive: true, force: true });
});
const left = () => readdirSync(join(cwd, '.orderly', 'lab'));
const labRun = (...args: string[]): OrderlyProcess => orderly(['lab', 'run', ...args], { cwd });

it('a run that is killed leaves a folder; the next one works, takes it away, and tells all as lines of JSON', async () => {
  const killed = labRun('at-least-once');
  await killed.wrote(/A reads them/);
  await killed.end();
  expect(left()).toHaveLength(1);

  const timeline = join(cwd, 'pictures', 'keys.svg');
  const { code, output } = await ran(['lab', 'run', 'keys', '--json', '--svg', timeline], { cwd });
  const lines = output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
  expect(lines.at(-1)).toMatchObject({ experiment: 'keys', checks: [{ held: true }, {}, {}] });
  expect(lines.slice(0, -1).every((line) => LogEvent.safeParse(line).success)).toBe(true);
  expect([code, left(), existsSync(timeline)]).toEqual([0, [], true]);
});

it.each([
  ['while the broker starts', /starting Apache Kafka/],
  ['while it runs', /A reads them/],
] as const)('Ctrl-C %s leaves no process and no folder', async (_, when) => {
  const run = labRun('at-least-once');
  await run.wrote(when);
  const children = descendantsOf(run.pid);
  run.kill('SIGINT');
  expect((await run.exited).code).toBe(130);
  await gone(children);
  expect(left()).toEqual([]);
});

it('what it is asked for wrongly it says before it starts anything', async () => {
  const refused = async (...args: string[]) => {
    const { code, output } = await ran(['lab', 'run', ...args], { cwd });
    return `${code} ${/\[(\w+)\]/.exec(output)?.[1] ?? output.split('\n')[0]}`;
  };
  expect(await refused('nothing')).toBe('1 EXPERIMENT_NOT_FOUND');
  expect(await refused('keys', '--set', 'recrods=1')).toBe('1 SETTING_INVALID');
  expect(await refused('keys', '--set', 'records=')).toBe('1 SETTING_INVALID');
  expect(await refused('keys', '--pause')).toBe('1 NO_TERMINAL');
  expect(await refused('keys', '--pause', '--json')).toMatch(/^2 error: option '--pause' cannot be used/);
});
