import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { run } from '../../../cli/program.ts';
import packageJson from '../../../package.json' with { type: 'json' };

const root = fileURLToPath(new URL('../../../', import.meta.url));
const SOURCES = ['bench', 'bin', 'cli', 'docs', 'functions', 'lab', 'lib', 'local', 'test'];
const files = globSync(`{${SOURCES.join(',')}}/**/*.{ts,js,md,json}`, { cwd: root });

const text = (document: string) => readFileSync(join(root, document), 'utf8');
const withoutCode = (markdown: string) => markdown.replace(/^```.*?^```/gms, '');

/** As GitHub makes the address of a heading. */
const anchor = (heading: string) =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
const anchors = (document: string) =>
  [...withoutCode(text(document)).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchor(heading));

/** Whether there is a file or folder that is called so: from the root, or by the end of its path. `<name>` is any. */
function isThere(path: string): boolean {
  const known = path.replace(/\/?(<.*)?$/, '');
  return existsSync(join(root, known)) || files.some((file) => `/${file}`.endsWith(`/${known}`));
}

async function help(command: string): Promise<string> {
  const said: string[] = [];
  const hear = (line: string) => said.push(line);
  await run([...command.split(' '), '--help'], root, { out: hear, error: hear, progress: hear });
  return said.join('\n');
}

describe.each(['README.md', 'CONTRIBUTING.md', ...globSync('docs/**/*.md', { cwd: root })])(
  '%s',
  (document) => {
    const markdown = text(document);

    it('names files and folders that exist', () => {
      const named = [...markdown.matchAll(/`((?:[\w.-]+\/)*[\w.-]+\.(?:ts|js)|[\w-]+\/[\w/.<>-]*)`/g)]
        .map(([, path = '']) => path)
        .filter((path) => /\.(ts|js)$/.test(path) || SOURCES.includes(path.split('/')[0] ?? ''));
      expect(named.filter((path) => !isThere(path))).toEqual([]);
    });

    it('links to pages and headings that exist', () => {
      const links = [...withoutCode(markdown).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)].map(
        ([, path = '', heading]) => ({
          page: path === '' ? document : join(dirname(document), path),
          heading,
        }),
      );
      const dead = links.filter(
        ({ page, heading }) =>
          !existsSync(join(root, page)) || (heading !== undefined && !anchors(page).includes(heading)),
      );
      expect(dead).toEqual([]);
    });

    it('names scripts that npm knows', () => {
      const scripts = [...markdown.matchAll(/\bnpm run ([\w:]+)/g)].map(([, script = '']) => script);
      expect(scripts.filter((script) => !(script in packageJson.scripts))).toEqual([]);
    });

    it('names commands that orderly has', async () => {
      const commands = new Set(
        [
          ...markdown.matchAll(/(?:npx |`)orderly ((?:lab|mapping|schedule|dead-letters) [a-z]+|[a-z]+)/g),
        ].map(([, command = '']) => command),
      );
      for (const command of commands) expect(await help(command)).toContain(`Usage: npx orderly ${command} `);
    });
  },
);

it('the guarantees name the tests that show them', () => {
  expect(text('docs/guarantees.md').match(/`[\w/-]+\.test\.ts`/g)?.length).toBeGreaterThan(15);
});
