import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { duration, printable, table } from '../../../../local/cli/terminal.ts';

describe('the terminal of a process', () => {
  it('lets the work go on when nobody reads its answer any more', async () => {
    const terminal = new URL('../../../../local/cli/terminal.ts', import.meta.url);
    const work = `
      import { processTerminal } from '${terminal}';
      const terminal = processTerminal();
      for (let line = 0; line < 100; line++) {
        terminal.out('x'.repeat(10_000));
        await new Promise(setImmediate);
      }
      terminal.error('all done');`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', work], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect([code, said]).toEqual([0, 'all done\n']);
  });
});

describe('flushed', () => {
  /** A process that writes a long answer at once, and leaves when it is out. */
  function answering(bytes: number) {
    const terminal = new URL('../../../../local/cli/terminal.ts', import.meta.url);
    const work = `
      import { flushed, processTerminal } from '${terminal}';
      processTerminal().out('x'.repeat(${bytes} - 1));
      await flushed();
      process.exit(3);`;
    return spawn(process.execPath, ['--input-type=module', '--eval', work], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  }

  it('waits for a reader who takes his time, so that an answer comes whole', async () => {
    const child = answering(3_000_000);
    const exit = once(child, 'exit');
    let read = 0;
    for await (const chunk of child.stdout) {
      read += chunk.length;
      await new Promise(setImmediate);
    }
    expect([read, ...(await exit)]).toEqual([3_000_000, 3, null]);
  });

  it('doesn`t wait for one who has gone', async () => {
    const child = answering(3_000_000);
    child.stdout.once('data', () => child.stdout.destroy());
    expect(await once(child, 'exit')).toEqual([3, null]);
  });
});

describe('printable', () => {
  it('shows what would move the cursor or turn the line around', () => {
    expect(printable('a\u001b[2Jb\u202ec\nd')).toBe('a\\u{1b}[2Jb\\u{202e}c\\u{a}d');
  });

  it('leaves the letters of the world alone', () => {
    expect(printable('Zoë 京都 क्‍ष')).toBe('Zoë 京都 क्‍ष');
  });
});

describe('table', () => {
  it('puts text to the left and numbers to the right', () => {
    expect(
      table([
        ['name', 'count'],
        ['a', 5],
        ['bcdef', 1000],
      ]),
    ).toBe('  name   count\n  a          5\n  bcdef   1000');
  });
});

describe('duration', () => {
  it('counts in milliseconds below a second', () => {
    expect([duration(12.4), duration(1234)]).toEqual(['12 ms', '1.2 s']);
  });
});
