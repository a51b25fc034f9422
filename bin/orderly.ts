import { run } from '../cli/program.ts';
import { flushed, processTerminal } from '../local/cli/terminal.ts';

const exitCode = await run(process.argv.slice(2), process.cwd(), processTerminal());
// A pipe takes 64 KiB at a time: an exit before its reader has come that far would cut the answer.
await flushed();
process.exit(exitCode);
