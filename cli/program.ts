import { labCommands } from '../lab/command.ts';
import { runProgram } from '../local/cli/program.ts';
import type { Terminal } from '../local/cli/terminal.ts';
import packageJson from '../package.json' with { type: 'json' };
import { CALLED_HERE } from './command-line.ts';
import { deadLetterCommands } from './dead-letters/command.ts';
import { demoCommand } from './demo/command.ts';
import { eraseCommand } from './erase/command.ts';
import { labelCommand } from './label/command.ts';
import { orderCommand } from './order/command.ts';
import { republishCommand } from './republish/command.ts';
import { salesCommand } from './sales/command.ts';
import { smokeCommand } from './smoke/command.ts';
import { verifyCommand } from './verify/command.ts';

/** What an operator of the order system does, and the lab, in the order in which `--help` names it. */
const COMMANDS = [
  demoCommand,
  orderCommand,
  labelCommand,
  salesCommand,
  deadLetterCommands,
  republishCommand,
  eraseCommand,
  smokeCommand,
  verifyCommand,
  labCommands,
];

/** Runs one command of `orderly`, of the local cloud or of the order system, and returns its exit code. */
export function run(argv: readonly string[], projectDir: string, terminal: Terminal): Promise<number> {
  return runProgram(
    {
      names: CALLED_HERE,
      description: 'Runs the order system on this machine, and operates it here and on AWS.',
      version: packageJson.version,
      toTry: ['order --count 10', 'status', 'mails'],
      mount: (program, context) => {
        for (const command of COMMANDS) command(program, context);
      },
    },
    argv,
    projectDir,
    terminal,
  );
}
