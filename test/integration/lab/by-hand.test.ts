import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { run } from '../../../cli/program.ts';
import { LogEvent } from '../../../local/events/event.ts';
import { tryJson } from '../../../local/json.ts';
import { testEngines } from '../../support/engines.ts';
import { type OrderlyProcess, orderly } from '../../support/orderly-process.ts';
import { testKafka, testTopic } from '../../support/topics.ts';

/** What is typed in a terminal. */
type Typed = Pick<OrderlyProcess, 'output' | 'exited' | 'kill'>;

/** A project folder with terminals in it, gone with all that runs in them when the test ends. */
function project(bootstrapServers = '') {
  const cwd = mkdtempSync(join(tmpdir(), 'orderly-by-hand-'));
  vi.stubEnv('KAFKA_BOOTSTRAP_SERVERS', bootstrapServers);
  const started: OrderlyProcess[] = [];
  onTestFinished(async () => {
    for (const one of started.toReversed()) await one.end();
    rmSync(cwd, { recursive: true, force: true });
  });
  /** In a process of its own: what runs until Ctrl-C. */
  const start = (...args: string[]): OrderlyProcess => {
    const command = orderly(['lab', ...args], { cwd });
    started.push(command);
    return command;
  };
  /** In this process, which takes a tenth of the time: what asks and goes. */
  const ask = (...args: string[]): Typed => {
    const said: string[] = [];
    const hear = (text: string) => said.push(...text.split('\n'));
    const exited = run(['lab', ...args], cwd, { out: hear, progress: hear, error: hear });
    return {
      output: () => said.join('\n'),
      exited: exited.then((code) => ({ code, signal: null })),
      kill: () => expect.unreachable(`nobody interrupts lab ${args.join(' ')}`),
    };
  };
  const ran = async (...args: string[]) => {
    const command = ask(...args);
    const { code } = await command.exited;
    return { code, output: command.output() };
  };
  const type = (command: string) => {
    const [name = '', ...options] = command.split(' ');
    return (['up', 'produce', 'consume'].includes(name) ? start : ask)(name, ...options);
  };
  return { start, ran, type };
}

const interrupted = async (command: OrderlyProcess) => {
  command.kill('SIGINT');
  return (await command.exited).code;
};

/** What a command with `--json` has told so far. */
const told = <T extends LogEvent['type']>({ output }: OrderlyProcess, type: T) =>
  output()
    .split('\n')
    .flatMap((line) => LogEvent.safeParse(tryJson(line)).data ?? [])
    .filter((event): event is Extract<LogEvent, { type: T }> => event.type === type);

const places = (records: readonly { partition: number; offset: number }[]) =>
  [...new Set(records.map(({ partition, offset }) => `${partition}@${offset}`))].toSorted();
const handled = (consumer: OrderlyProcess) =>
  places(told(consumer, 'fate').filter(({ fate }) => fate === 'done'));
const delivered = (consumer: OrderlyProcess) =>
  told(consumer, 'fate').filter(({ fate }) => fate === 'delivered');
const PATIENCE = { timeout: 60_000, interval: 20 };
/** Of a story of many commands, on a machine that does much besides. */
const LONG_MS = 300_000;

describe('docs/lab/by-hand.md', () => {
  interface Terminal {
    readonly command: Typed;
    /** Lines that the page has. */
    readonly shown: string[];
    /** The page leaves some out. */
    abridged: boolean;
  }
  /** Ports and times differ. */
  const comparable = (line: string) =>
    line.replace(/(127\.0\.0\.1:)\d+/g, '$1…').replace(/[\d.]+ m?s\.$/, '… s.');
  const lines = ({ command }: Terminal) => command.output().split('\n').map(comparable);
  const unshown = (terminal: Terminal) => {
    const left = lines(terminal).filter((line) => line !== '');
    for (const line of terminal.shown) left.splice(left.indexOf(line), 1);
    return left;
  };
  const ended = async (terminal: Terminal | undefined, code: number) => {
    if (terminal === undefined) return;
    expect((await terminal.command.exited).code).toBe(code);
    if (!terminal.abridged) expect(unshown(terminal)).toEqual([]);
  };

  it('says what its terminals say', { timeout: LONG_MS }, async () => {
    const { type } = project();
    const terminals = new Map<string, Terminal>();
    const interrupted = new Set<string>();
    const page = readFileSync(new URL('../../../docs/lab/by-hand.md', import.meta.url), 'utf8');
    const steps = [...page.matchAll(/^(\d)(\$ npx orderly lab |\^C| {2})(.*)$/gm)];
    for (const [step, name = '', does = '', text = ''] of steps) {
      const terminal = terminals.get(name);
      if (does.startsWith('$')) {
        await ended(terminal, interrupted.delete(name) ? 130 : 0);
        terminals.set(name, { command: type(text), shown: [], abridged: false });
      } else if (terminal === undefined) throw new Error(`nothing was typed before ${step}`);
      else if (does === '^C') {
        interrupted.add(name);
        terminal.command.kill('SIGINT');
      } else if (text === '...') terminal.abridged = true;
      else {
        const line = comparable(text);
        await vi.waitFor(() => expect(unshown(terminal), step).toContain(line), PATIENCE);
        terminal.shown.push(line);
      }
    }
    expect(steps.length).toBeGreaterThan(80);
    for (const [name, terminal] of terminals) await ended(terminal, interrupted.has(name) ? 130 : 0);
  });
});

it('outlives a broker whose terminal is killed: who reads and who writes says so, and loses nothing', {
  timeout: LONG_MS,
}, async () => {
  const { start, ran } = project();
  const up = start('up');
  await up.wrote(/is up at/);
  await ran('setup');
  const [a, b] = ['A', 'B'].map((name) =>
    start('consume', '--group', 'shipping', '--name', name, '--from-beginning', '--json'),
  ) as [OrderlyProcess, OrderlyProcess];
  const producer = start('produce', '--rate', '50', '--json');
  await vi.waitFor(() => {
    expect(handled(a).length).toBeGreaterThan(5);
    expect(handled(b).length).toBeGreaterThan(5);
  }, PATIENCE);

  const refused = await ran('reset');
  expect(refused).toMatchObject({
    code: 1,
    output: expect.stringMatching(/shipping \(A, B\).*GROUP_IN_USE/),
  });

  const leaving = Date.now();
  expect(await interrupted(b)).toBe(130);
  const takenOver = await vi.waitUntil(
    () => told(a, 'assigned').find(({ at, partitions }) => at >= leaving && partitions.length === 3),
    PATIENCE,
  );
  // Who says nothing is missed after 3 seconds.
  expect(takenOver.at - leaving).toBeLessThan(2_500);

  up.kill('SIGKILL');
  await Promise.all([a.wrote(/no answer from/), producer.wrote(/no answer from/)]);
  const written = told(producer, 'appended').length;
  const again = start('up');
  await again.wrote(/is up at/);
  await vi.waitFor(() => expect(told(producer, 'appended').length).toBeGreaterThan(written + 10), PATIENCE);
  expect(await interrupted(producer)).toBe(130);
  const acknowledged = places(told(producer, 'appended'));
  await vi.waitFor(() => {
    const all = new Set([...handled(a), ...handled(b)]);
    expect(acknowledged.filter((place) => !all.has(place))).toEqual([]);
  }, PATIENCE);

  const second = start('up');
  expect((await second.exited).code).toBe(1);
  expect(second.output()).toContain('LAB_BROKER_RUNNING');
  await interrupted(a);
  await interrupted(again);
});

it('on a broker where others are, has names that nobody else has, and forgets nothing else', async () => {
  const { bootstrapServers } = testEngines();
  const { start, ran } = project(bootstrapServers);
  const others = await testTopic(testKafka(bootstrapServers));

  expect(await ran('produce')).toMatchObject({
    code: 1,
    output: expect.stringMatching(/TOPIC_NOT_FOUND.*\n.*lab setup/),
  });
  expect((await ran('setup')).output).toContain('orderly-lab.orders is made, with 3 partitions');
  expect((await start('produce', '--count', '3', '--rate', '1000').exited).code).toBe(0);
  // Interrupted in the middle of the second, it finishes that one; what it then says that it has committed it has.
  const reader = start('consume', '--group', 'shipping', '--from-beginning', '--slow', '300ms', '--json');
  await vi.waitFor(() => expect(delivered(reader)).toHaveLength(2), PATIENCE);
  await interrupted(reader);
  expect(handled(reader)).toHaveLength(2);
  const offsets = JSON.parse((await ran('offsets', '--json')).output.split('\n').at(-1) ?? '');
  const committed = new Map(told(reader, 'committed').map(({ partition, offset }) => [partition, offset]));
  expect(offsets).toMatchObject(
    [0, 1, 2].map((partition) => ({ partition, committed: committed.get(partition) ?? null })),
  );
  const groups = await ran('groups', '--json');
  expect(JSON.parse(groups.output.split('\n').at(-1) ?? '')).toEqual([
    { group: 'orderly-lab.shipping', state: 'Empty', members: [] },
  ]);

  expect((await ran('reset')).output).toContain('topic orderly-lab.orders, group orderly-lab.shipping');
  const admin = testKafka(bootstrapServers).admin();
  await admin.connect();
  const left = await admin.listTopics();
  await admin.disconnect();
  expect(left).toContain(others);
  expect(left).not.toContain('orderly-lab.orders');

  const up = start('up');
  expect((await up.exited).code).toBe(1);
  expect(up.output()).toContain('LAB_BROKER_NOT_NEEDED');
});

it('says how a broker is started where none answers', async () => {
  const { ran } = project('127.0.0.1:1');
  expect(await ran('consume', '--group', 'shipping')).toEqual({
    code: 1,
    output: expect.stringMatching(
      /^error No answer from a broker at 127\.0\.0\.1:1.*\n.*\n.*npx orderly lab up$/,
    ),
  });
});
