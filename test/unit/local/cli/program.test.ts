import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runProgram } from '../../../../local/cli/program.ts';
import { calledAs, MILLRACE, toRun } from '../../../../local/command-line.ts';

/** A folder that is nobody's, and what millrace says there. */
function folder() {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-cli-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return {
    dir,
    async millrace(...argv: string[]) {
      const lines: string[] = [];
      const say = (text: string) => lines.push(text);
      const program = { names: MILLRACE, description: 'Runs apps.', version: '1.2.3' };
      const code = await runProgram(program, argv, dir, { out: say, progress: say, error: say });
      return { code, output: lines.join('\n') };
    },
  };
}

describe('millrace by itself', () => {
  it('names itself in its help and its remedies', async () => {
    const { millrace } = folder();
    expect((await millrace('mapping', 'enable', '--help')).output).toContain(
      'Usage: npx millrace mapping enable',
    );
    expect(await millrace('status')).toEqual({
      code: 1,
      output: expect.stringMatching(/NOT_RUNNING[\s\S]*Start one in another terminal: npx millrace up$/),
    });
  });

  it('has the commands for any app, and nothing that sells something', async () => {
    const { millrace } = folder();
    const { output } = await millrace('--help');
    const commands = [...output.matchAll(/^ {2}([a-z][a-z-]*) /gm)].map(([, command]) => command);
    expect(commands.toSorted()).toEqual(
      ['doctor', 'help', 'logs', 'mails', 'mapping', 'reset', 'schedule', 'status', 'up'].toSorted(),
    );
    expect(await millrace('order')).toMatchObject({ code: 2 });
  });

  it('has every command that its README names', async () => {
    const { millrace } = folder();
    const readme = readFileSync(new URL('../../../../local/README.md', import.meta.url), 'utf8');
    const named = new Set(
      [...readme.matchAll(/npx millrace ((?:mapping|schedule) [a-z]+|[a-z]+)/g)].map(
        ([, command = '']) => command,
      ),
    );
    expect(named.size).toBe(8);
    for (const command of named) {
      expect((await millrace(...command.split(' '), '--help')).output).toContain(
        `Usage: npx millrace ${command}`,
      );
    }
  });

  it('refuses a configuration of the former name before anything starts', async () => {
    const { dir, millrace } = folder();
    writeFileSync(join(dir, 'orderly.json'), '{}');
    const { code, output } = await millrace('up', '--app', 'cdk.out', '--port', '0');
    expect([code, output]).toEqual([1, expect.stringMatching(/\[CONFIG_INVALID\]\n {2}Rename it: mv /)]);
    expect(existsSync(join(dir, '.millrace'))).toBe(false);
  });

  it('resets its own folder, and names one of the former name that it leaves', async () => {
    const { dir, millrace } = folder();
    for (const kept of ['.millrace', '.orderly/engine']) mkdirSync(join(dir, kept), { recursive: true });
    const { code, output } = await millrace('reset');
    expect([code, output]).toEqual([0, expect.stringContaining(`rm -r ${join(dir, '.orderly')}`)]);
    expect(['.millrace', '.orderly'].filter((state) => existsSync(join(dir, state)))).toEqual(['.orderly']);
  });
});

it('a program that mounts the commands is named for as long as it works, also in what it does later', async () => {
  const names = { ...MILLRACE, call: 'npx another' };
  const later = calledAs(names, async () => {
    await new Promise(setImmediate);
    return toRun('reset');
  });
  expect([toRun('reset'), await later]).toEqual(['npx millrace reset', 'npx another reset']);
});
