import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { spawnGuarded } from '../../../../local/processes/guarded.ts';

const parentEntry = fileURLToPath(new URL('./parent.ts', import.meta.url));

const idle = `process.stdout.write('ready\\n'); setInterval(() => {}, 1000);`;
const blocked = `require('node:fs').writeSync(1, 'ready\\n'); while (true);`;
const withGrandchild = `
  require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  ${idle}`;
const deafToTerm = `process.on('SIGTERM', () => process.stdout.write('termed\\n')); ${idle}`;
const deafAndMute = `process.on('SIGTERM', () => {}); ${idle}`;
const savesOnTerm = `process.on('SIGTERM', () => { process.stdout.write('saved\\n'); process.exit(0); }); ${idle}`;

/** Pids of a process group, zombies aside. */
function members(group: number): number[] {
  return execFileSync('ps', ['-eo', 'pid=,pgid=,stat='], { encoding: 'utf8' })
    .split('\n')
    .map((row) => row.trim().split(/\s+/))
    .filter(([, pgid, stat]) => Number(pgid) === group && !stat?.startsWith('Z'))
    .map(([pid]) => Number(pid));
}

const emptied = (group: number, timeout = 20_000) =>
  vi.waitFor(() => expect(members(group)).toEqual([]), { timeout, interval: 20 });

const seen = (expectation: () => void) => vi.waitFor(expectation, { timeout: 20_000, interval: 20 });

function guarded(code: string, grace: 'kill' | 'term' = 'kill') {
  const lines: string[] = [];
  const child = spawnGuarded(process.execPath, ['-e', code], {
    env: process.env,
    grace,
    onOutput: (line, stream) => lines.push(`${stream} ${line}`),
  });
  onTestFinished(() => child.stop());
  return { child, lines, ready: () => seen(() => expect(lines).toContain('stdout ready')) };
}

async function parentOf(code: string, grace: 'kill' | 'term', ending: string) {
  const parent = spawn(process.execPath, [parentEntry, grace, code, ending], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => void parent.kill('SIGKILL'));
  const lines: string[] = [];
  createInterface({ input: parent.stdout }).on('line', (line) => lines.push(line));
  await seen(() => expect(lines.join()).toMatch(/group.*ready/));
  const group = Number(/group (\d+)/.exec(lines.join())?.[1]);
  return { parent, group };
}

describe('a guarded process dies with its parent', () => {
  for (const signal of ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGSEGV'] as const) {
    it(`when the parent gets ${signal}`, async () => {
      const { parent, group } = await parentOf(idle, 'kill', 'wait');
      expect(members(group)).toContain(group);
      parent.kill(signal);
      await emptied(group);
    });
  }

  for (const ending of ['exit', 'throw', 'abort']) {
    it(`when the parent ends by ${ending}`, async () => {
      const { group } = await parentOf(idle, 'kill', ending);
      await emptied(group);
    });
  }

  it('when it blocks its own event loop', async () => {
    const { parent, group } = await parentOf(blocked, 'kill', 'wait');
    parent.kill('SIGKILL');
    await emptied(group);
  });

  it('and its own children die too', async () => {
    const { parent, group } = await parentOf(withGrandchild, 'kill', 'wait');
    await seen(() => expect(members(group)).toHaveLength(3));
    parent.kill('SIGKILL');
    await emptied(group);
  });

  it('after SIGTERM where it may save its state, well before the deadline', async () => {
    const { parent, group } = await parentOf(savesOnTerm, 'term', 'wait');
    parent.kill('SIGKILL');
    await emptied(group, 4500);
  });

  it('even if it is frozen, and hears no SIGTERM', async () => {
    const { parent, group } = await parentOf(savesOnTerm, 'term', 'wait');
    process.kill(group, 'SIGSTOP');
    parent.kill('SIGKILL');
    await emptied(group);
  });

  it('even if it ignores SIGTERM', async () => {
    const { parent, group } = await parentOf(deafAndMute, 'term', 'wait');
    parent.kill('SIGKILL');
    await emptied(group);
  });
});

describe('a guarded process', () => {
  it('hands over its output by line, and its exit code, and leaves nothing behind', async () => {
    const { child, lines } = guarded(`console.log('a'); console.error('b'); process.exitCode = 7;`);
    expect(await child.exited).toEqual({ code: 7, signal: null });
    expect(lines.toSorted()).toEqual(['stderr b', 'stdout a']);
    await emptied(child.pid);
  });

  it('hands over all of a large output before it counts as gone', async () => {
    const { child, lines } = guarded(`process.stdout.write('x\\n'.repeat(200_000));`);
    await child.exited;
    expect(lines).toHaveLength(200_000);
  });

  it('takes its own children with it when it ends by itself', async () => {
    const { child } = guarded(`${withGrandchild} setTimeout(() => process.exit(0), 100);`);
    await child.exited;
    await emptied(child.pid);
  });

  it('ends at once under grace kill, blocked or not', async () => {
    const { child, ready } = guarded(blocked);
    await ready();
    await child.stop();
    expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' });
    await emptied(child.pid);
  });

  it('may save its state under grace term', async () => {
    const { child, lines, ready } = guarded(savesOnTerm, 'term');
    await ready();
    await Promise.all([child.stop(), child.stop()]);
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(lines).toContain('stdout saved');
    await emptied(child.pid);
  });

  it('is killed when it outlives its grace', async () => {
    const { child, lines, ready } = guarded(deafToTerm, 'term');
    await ready();
    await child.stop();
    expect(lines).toContain('stdout termed');
    expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('gets a single signal by kill, and none once it is gone', async () => {
    const { child, ready } = guarded(idle);
    await ready();
    child.kill('SIGINT');
    expect(await child.exited).toEqual({ code: null, signal: 'SIGINT' });
    child.kill('SIGKILL');
    await child.stop();
  });

  it('hears that it is to end while it is stopped', async () => {
    const { child, lines, ready } = guarded(savesOnTerm, 'term');
    await ready();
    child.kill('SIGSTOP');
    await child.stop();
    expect(lines).toContain('stdout saved');
  });

  it('exits with 127 when its command does not exist', async () => {
    const lines: string[] = [];
    const child = spawnGuarded('no-such-command', [], {
      env: process.env,
      grace: 'term',
      onOutput: (line) => lines.push(line),
    });
    expect(await child.exited).toEqual({ code: 127, signal: null });
    expect(lines.join()).toContain('no-such-command');
    await emptied(child.pid);
  });

  it('refuses a working folder that does not exist', () => {
    const start = () =>
      spawnGuarded('true', [], { cwd: '/no/such/folder', env: {}, grace: 'kill', onOutput: () => undefined });
    expect(start).toThrow('no process could be started for true in /no/such/folder');
  });

  it('sees neither the guard nor the pipe to its parent', async () => {
    const { child, lines } = guarded(`
      const fds = require('node:fs').existsSync('/dev/fd/3') && (() => {
        try { return require('node:fs').fstatSync(3).isSocket(); } catch { return false; }
      })();
      console.log(fds ? 'socket' : 'closed');`);
    await child.exited;
    expect(lines).toEqual(['stdout closed']);
  });

  it('keeps nothing open in its parent', async () => {
    const parent = spawn(process.execPath, [parentEntry, 'kill', 'process.exit(0)', 'wait'], {
      stdio: 'ignore',
    });
    expect((await once(parent, 'exit'))[0]).toBe(0);
  });
});
