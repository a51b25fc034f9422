/** A parent to be killed: guards one Node child that runs the given code, prints its lines, and does as it is told. */
import { spawnGuarded } from '../../../../local/processes/guarded.ts';

const [grace, childCode = '', ending] = process.argv.slice(2);

const child = spawnGuarded(process.execPath, ['-e', childCode], {
  env: process.env,
  grace: grace === 'term' ? 'term' : 'kill',
  onOutput: (line) => {
    process.stdout.write(`${line}\n`);
    if (line !== 'ready') return;
    if (ending === 'exit') process.exit(0);
    if (ending === 'throw') throw new Error('on purpose');
    if (ending === 'abort') process.abort();
  },
});
process.stdout.write(`group ${child.pid}\n`);
