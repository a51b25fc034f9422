import { MILLRACE } from '../command-line.ts';
import packageJson from '../package.json' with { type: 'json' };
import { runProgram } from './program.ts';
import { flushed, processTerminal } from './terminal.ts';

const { description, version } = packageJson;
const program = { names: MILLRACE, description, version };
const exitCode = await runProgram(program, process.argv.slice(2), process.cwd(), processTerminal());
// As every answer, this one has to come whole through a pipe.
await flushed();
process.exit(exitCode);
