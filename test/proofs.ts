/**
 * `npm run test:proofs`: that what proves the system can fail, and the proofs that take too long for `npm test`.
 *
 *     defects      parts in the wrong, found out by the demo, the fault suite, the simulator, `orderly verify` or the lab
 *                  and deployments that go wrong, by more seeds
 *     simulator    a thousand worlds from a seed of chance on
 *     worst        a hundred in which everything goes wrong
 *     faults       three seeds on real processes, two of them always the same
 *     rehearsal    the deployment, against an emulator of CloudFormation
 *
 * All of them run, whatever becomes of the first; options go to vitest, which runs the defects.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'proofs', ...process.argv.slice(2)];
const PROOFS = [
  ['defects', vitest],
  ['simulator', ['test/simulator/run.ts', '--seeds', '1000']],
  ['worst', ['test/simulator/run.ts', '--seeds', '100', '--worst']],
  ['faults', ['test/faults/run.ts', '--short']],
  ['rehearsal', ['test/rehearsal/run.ts']],
] as const;

let interrupted = false;
let running: ChildProcess | undefined;
const interrupt = () => {
  interrupted = true;
};
// A terminal's signal comes to what runs as well, which puts away what it has started.
process.on('SIGINT', interrupt);
process.on('SIGTERM', () => {
  interrupt();
  running?.kill('SIGTERM');
});

const lines: string[] = [];
for (const [index, [name, command]] of PROOFS.entries()) {
  if (interrupted) break;
  process.stdout.write(`\n== ${index + 1} of ${PROOFS.length}, ${name}: node ${command.join(' ')}\n`);
  const began = performance.now();
  running = spawn(process.execPath, command, { cwd: root, stdio: 'inherit' });
  const [code] = await once(running, 'close');
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  lines.push(`${code === 0 ? '✓' : '✗'} ${name.padEnd(10)} ${seconds.padStart(5)} s`);
  if (code !== 0) process.exitCode = 1;
}
process.stdout.write(`\n${lines.join('\n')}\n`);
if (interrupted) process.exitCode = 130;
