import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { stateDirOf } from '../../../../local/run-file.ts';
import { testAssembly } from '../../../support/assembly.ts';
import { defectiveAssembly } from '../../../support/defective-assembly.ts';
import { gone, type OrderlyProcess, orderly, ran, shareCompiled } from '../../../support/orderly-process.ts';
import { descendantsOf } from '../../../support/process-tree.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const UP = /orderly is up/;

describe('orderly up', { timeout: 300_000 }, () => {
  const app = testAssembly();

  /** A project folder that runs the app's assembly, removed when the test ends. */
  function project(): string {
    const dir = mkdtempSync(join(tmpdir(), 'orderly-up-'));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    cpSync(join(root, 'millrace.json'), join(dir, 'millrace.json'));
    return dir;
  }

  async function up(cwd: string, args: readonly string[] = [], env = {}): Promise<OrderlyProcess> {
    shareCompiled(stateDirOf(cwd));
    const started = orderly(['up', '--engine', 'embedded', '--app', app, '--port', '0', ...args], {
      cwd,
      env,
    });
    onTestFinished(() => started.end());
    return started;
  }

  async function answer(cwd: string, args: readonly string[]): Promise<string> {
    const { code, output } = await ran(args, { cwd });
    if (code !== 0) throw new Error(`orderly ${args.join(' ')} ended with ${code}:\n${output}`);
    return output;
  }

  it('serves orders, tells what it does, goes on where it was after Ctrl-C, and leaves no process when it is killed', async () => {
    const cwd = project();
    const first = await up(cwd);
    await first.wrote(UP);
    const twice = await up(cwd);
    expect(await twice.exited).toMatchObject({ code: 1 });
    expect(twice.output()).toContain('ALREADY_RUNNING');

    const { orderIds } = JSON.parse(await answer(cwd, ['order', '--count', '3', '--json']));
    expect(orderIds).toHaveLength(3);
    const mails = async () => JSON.parse(await answer(cwd, ['mails', '--json'])) as { Subject: string }[];
    await vi.waitFor(async () => expect(await mails()).toHaveLength(3), { timeout: 30_000, interval: 500 });
    const status = JSON.parse(await answer(cwd, ['status', '--json']));
    expect(status.mappings.map(({ kind }: { kind: string }) => kind).sort()).toEqual([
      'dynamodb-stream',
      'kafka',
      'kafka',
      'kafka',
      'kafka',
    ]);
    expect(await answer(cwd, ['logs', 'shipping'])).toContain('batch consumed');
    expect(await answer(cwd, ['status'])).toContain('orders as email-service');

    const children = descendantsOf(first.pid);
    first.kill('SIGINT');
    expect(await first.exited).toEqual({ code: 130, signal: null });
    await gone(children);
    expect(first.output()).toMatch(/stopped$/);
    expect(existsSync(join(cwd, '.millrace/run.json'))).toBe(false);

    const second = await up(cwd);
    await second.wrote(UP);
    const api = JSON.parse(await answer(cwd, ['status', '--json'])).apis[0].url;
    const kept = await fetch(`${api}/orders/${orderIds[0]}`);
    expect([kept.status, await kept.json()]).toMatchObject([200, { orderId: orderIds[0] }]);
    // The mail store starts empty; were the topic read from its beginning again, more than one would come.
    await answer(cwd, ['order']);
    await vi.waitFor(async () => expect(await mails()).toHaveLength(1), { timeout: 30_000, interval: 500 });
    const again = descendantsOf(second.pid);
    const commands = again.map(({ command }) => command).join('\n');
    for (const part of [/kafka\.Kafka/, /ministack/, /bootstrap/]) expect(commands).toMatch(part);
    second.kill('SIGKILL');
    await gone(again);

    await answer(cwd, ['reset']);
    expect(existsSync(join(cwd, '.millrace'))).toBe(false);
  });

  it('tells other commands that it starts, and leaves no process behind when it is interrupted then', async () => {
    const cwd = project();
    const cloud = await up(cwd);
    await cloud.wrote(/starting Apache Kafka/);
    const command = orderly(['status'], { cwd });
    expect(await command.exited).toMatchObject({ code: 1 });
    expect(command.output()).toContain('[STARTING]');
    const children = descendantsOf(cloud.pid);
    cloud.kill('SIGTERM');
    expect(await cloud.exited).toEqual({ code: 143, signal: null });
    await gone(children);
  });

  it('ends with the reason when the broker dies', async () => {
    const cloud = await up(project());
    await cloud.wrote(UP);
    const children = descendantsOf(cloud.pid);
    const broker = children.find(({ command }) => /^\S*java .*kafka\.Kafka/.test(command));
    process.kill(broker?.pid ?? Number.NaN, 'SIGKILL');
    expect(await cloud.exited).toEqual({ code: 1, signal: null });
    expect(cloud.output()).toMatch(/kafka ended by itself \(SIGKILL\)[\s\S]*Start again: npm start/);
    await gone(children);
  });

  async function refused(cwd: string, args: readonly string[], env = {}): Promise<string> {
    const cloud = await up(cwd, args, env);
    // Looked at while it runs: whom it leaves behind has another parent then.
    const children = new Map<number, { pid: number }>();
    const looking = setInterval(() => {
      for (const child of descendantsOf(cloud.pid)) children.set(child.pid, child);
    }, 200);
    try {
      expect(await cloud.exited).toMatchObject({ code: 1 });
    } finally {
      clearInterval(looking);
    }
    await gone([...children.values()]);
    expect(cloud.output()).not.toContain('    at ');
    expect(cloud.output().split('\n').length).toBeLessThan(40);
    return cloud.output();
  }

  it('names a port that is taken, and the remedy, before it starts anything', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void taken.close());
    await new Promise((resolve) => taken.once('listening', resolve));
    const address = taken.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    const output = await refused(project(), ['--port', port]);
    expect(output).toMatch(new RegExp(`${port}[\\s\\S]*PORT_TAKEN[\\s\\S]*--port`));
    expect(output).not.toContain('starting');
  });

  it('names every tool that is missing, and Docker as the alternative', async () => {
    const output = await refused(project(), [], { PATH: dirname(process.execPath), JAVA_HOME: '' });
    expect(output).toMatch(/java .*was not found; python3 .*was not found/);
    expect(output).toMatch(/ENGINE_MISSING_TOOL[\s\S]*docker compose up -d/);
  });

  it('refuses what it cannot honour, all of it at once, by name', async () => {
    const changed = mkdtempSync(join(tmpdir(), 'orderly-refused-'));
    onTestFinished(() => rmSync(changed, { recursive: true, force: true }));
    cpSync(app, changed, { recursive: true });
    const path = join(changed, 'orderly-orders.template.json');
    const template = JSON.parse(await readFile(path, 'utf8'));
    for (const resource of Object.values<{ Type: string; Properties: Record<string, unknown> }>(
      template.Resources,
    )) {
      if (resource.Type === 'AWS::Lambda::EventSourceMapping' && resource.Properties.Topics) {
        resource.Properties.FilterCriteria = { Filters: [{ Pattern: '{"value":{"seq":[1]}}' }] };
      }
    }
    await writeFile(path, JSON.stringify(template));
    const output = await refused(project(), ['--app', changed]);
    expect(output.match(/FilterCriteria:/g)).toHaveLength(4);
    expect(output).toContain('ASSEMBLY_NOT_HONOURED');
  });

  it('names a function that does not load, and why', async () => {
    const broken = mkdtempSync(join(tmpdir(), 'orderly-broken-'));
    onTestFinished(() => rmSync(broken, { recursive: true, force: true }));
    await defectiveAssembly(app, broken, 'orderly-orders/Email/Function', 'email-that-does-not-load.ts');
    const output = await refused(project(), ['--app', broken]);
    expect(output).toMatch(
      /EmailFunction\S*: Error: the mail server is not configured[\s\S]*FUNCTION_NOT_LOADED/,
    );
  });

  it('names an assembly that is not there', async () => {
    expect(await refused(project(), ['--app', 'no-such-folder'])).toMatch(
      /no-such-folder[\s\S]*ASSEMBLY_UNREADABLE/,
    );
  });

  it('leaves no folder behind when the engine is refused while the app is still being synthesized', async () => {
    const tmp = mkdtempSync(join(tmpdir(), 'orderly-up-tmp-'));
    onTestFinished(() => rmSync(tmp, { recursive: true, force: true }));
    const env = { PATH: `${dirname(process.execPath)}:/bin`, JAVA_HOME: tmp, TMPDIR: tmp };
    const demo = orderly(['demo'], { cwd: root, env });
    expect(await demo.exited).toMatchObject({ code: 1 });
    expect(demo.output()).toContain('ENGINE_MISSING_TOOL');
    expect(readdirSync(tmp).filter((name) => name.startsWith('orderly'))).toEqual([]);
  });
});
