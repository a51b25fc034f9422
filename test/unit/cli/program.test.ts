import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { run } from '../../../cli/program.ts';
import type { Terminal } from '../../../local/cli/terminal.ts';

describe('the command line', () => {
  let dir: string;
  let said: string[];
  let terminal: Terminal;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'orderly-cli-'));
    said = [];
    const say = (text: string) => said.push(text);
    terminal = { out: say, progress: say, error: say };
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it.each([
    [['demo', '--orders', '0']],
    [['demo', '--orders', '1.5']],
    [['up', '--port', '70000']],
    [['up', '--engine', 'docker']],
    [['up', '--watch', '--app', 'cdk.out']],
    [['mapping', 'enable']],
    [['mapping', 'rewind', 'shipping-service']],
    [['mapping', 'rewind', 'shipping-service', '--to', 'yesterday']],
    [['republish', 'ord_1']],
    [['erase']],
    [['republish', `ord_${'0'.repeat(26)}`, '--since', '2h']],
    [['frobnicate']],
    [['order', '--cuont', '3']],
    [['order', '--count', '10001']],
    [['dead-letters', 'list', '--letter-reason', 'bad-luck']],
    [['dead-letters', 'list', '--status', 'lost']],
    [['dead-letters', 'list', '--since', 'yesterday']],
    [['dead-letters', 'list', 'orders-0@1', '--since', '2h']],
    [['dead-letters', 'show']],
    [['dead-letters', 'replay', '--execute']],
    [['dead-letters', 'replay', '--execute', '--reason', ' ']],
    [['dead-letters', 'replay', '--rate', '0']],
    [['dead-letters', 'replay', '--cap', '0']],
    [['dead-letters', 'replay', '--max-age', '7']],
    [['dead-letters', 'replay', '--resume', 'x', '--consumer', 'y']],
    [['dead-letters', 'replay', '--resume', 'x', 'orders-0@1']],
    [['dead-letters', 'discard', '--execute', '--reason', 'why']],
    [['dead-letters', 'discard', 'orders-0@1', '--execute']],
    [['mails', '--stack', 'orders']],
    [['--stack', 'orders', 'logs']],
    [['schedule', 'run', 'manifest', '--stack', 'orders']],
    [['up', '--stack', 'orders']],
    [['mapping', 'rewind', 'email', '--to', 'beginning', '--stack', 'orders']],
    [['smoke', '--wait', '0']],
  ])('answers %j with exit code 2 and the reason', async (argv) => {
    expect(await run(argv, dir, terminal)).toBe(2);
    expect(said.join('\n')).toContain('error:');
  });

  it.each(['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_CLOUDFORMATION'])(
    'names %s, exported in the shell, in the error that it causes',
    async (variable) => {
      const env = {
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'a',
        AWS_SECRET_ACCESS_KEY: 'b',
        AWS_MAX_ATTEMPTS: '1',
      };
      for (const [name, value] of Object.entries({ ...env, [variable]: 'http://127.0.0.1:1' }))
        vi.stubEnv(name, value);
      onTestFinished(() => void vi.unstubAllEnvs());

      expect(await run(['status', '--stack', 'orders'], dir, terminal)).toBe(1);
      expect(said.at(-1)).toBe(
        `  ${variable}=http://127.0.0.1:1 is set in this shell: requests went there, and not to AWS.`,
      );
    },
  );

  it('names the most orders that it places at once', async () => {
    await run(['order', '--count', '1e9'], dir, terminal);
    expect(said.join('\n')).toContain('from 1 to 10000');
  });

  it.each(['order', 'status', 'mails', 'logs', 'dead-letters list', 'dead-letters runs', 'smoke'])(
    '%s names the remedy where nothing runs',
    async (command) => {
      expect(await run(command.split(' '), dir, terminal)).toBe(1);
      expect(said.join('\n')).toMatch(/NOT_RUNNING[\s\S]*npm start/);
    },
  );

  it('answers --version with the version of the package', async () => {
    expect(await run(['--version'], dir, terminal)).toBe(0);
    expect(said).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
  });

  it('calls itself in its help as the README calls it', async () => {
    expect(await run(['mapping', 'enable', '--help'], dir, terminal)).toBe(0);
    expect(said.join('\n')).toContain('Usage: npx orderly mapping enable');
  });

  it('shows a stack trace only when it is asked for', async () => {
    await run(['status'], dir, terminal);
    expect(said.join('\n')).not.toContain('    at ');
    await run(['--debug', 'status'], dir, terminal);
    expect(said.join('\n')).toContain('    at ');
  });
});
