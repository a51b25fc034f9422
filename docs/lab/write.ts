/**
 * `npm run docs:lab`: runs experiments, and writes what was seen, their pictures and their texts into the pages of this folder.
 *
 *     npm run docs:lab                    all of them
 *     npm run docs:lab -- keys poison     these; the others keep what was seen
 *     npm run docs:lab -- none            the texts alone
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DEFECTS } from '../../lab/defects/all.ts';
import { EXPERIMENTS } from '../../lab/experiments/all.ts';
import { pagesOf, renderEntrance, renderPage, seenOn } from './pages.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const asked = process.argv.slice(2);

const seen = new Map<string, string>();
for (const page of pagesOf(EXPERIMENTS)) {
  for (const [name, text] of seenOn(textOf(`${page}.md`))) seen.set(name, text);
}
for (const { name } of EXPERIMENTS) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  process.stderr.write(`${name}\n`);
  const command = ['bin/orderly.js', 'lab', 'run', name, '--svg', `docs/lab/${name}.svg`];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8' });
  if (status !== 0) {
    // What did not come out as it should is no example; the other pages are as good as they were.
    process.stderr.write(`${stdout}${stderr}`);
    process.exitCode = 1;
  } else seen.set(name, seenIn(stdout));
}
for (const page of pagesOf(EXPERIMENTS)) {
  writeFileSync(fileOf(`${page}.md`), renderPage(page, EXPERIMENTS, DEFECTS, seen));
}
writeFileSync(fileOf('../lab.md'), renderEntrance(textOf('../lab.md'), EXPERIMENTS));

/** From below the question to the last count: the page itself has the question, the checks and the take-away. */
function seenIn(output: string): string {
  const [, picture = ''] = output.split(/\n\n(.*)/s);
  return (picture.split(/\n\n {2}[✓✗] /)[0] ?? '').trimEnd();
}

function fileOf(page: string): URL {
  return new URL(page, import.meta.url);
}

function textOf(page: string): string {
  return existsSync(fileOf(page)) ? readFileSync(fileOf(page), 'utf8') : '';
}
