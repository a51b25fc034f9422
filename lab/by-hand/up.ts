import { relative } from 'node:path';
import { unlessInterrupted } from '../../local/cli/interruption.ts';
import { duration, type Terminal } from '../../local/cli/terminal.ts';
import { toRun } from '../../local/command-line.ts';
import { LabError } from '../errors.ts';
import { startOwnBroker } from './broker.ts';

/** `lab up`: runs the lab's own broker until it is interrupted. */
export async function up(
  projectDir: string,
  { json }: { readonly json: boolean },
  terminal: Terminal,
  interrupted: AbortSignal,
): Promise<never> {
  const begin = performance.now();
  const starting = startOwnBroker(projectDir, terminal.progress);
  try {
    const broker = await unlessInterrupted(starting, interrupted);
    const { brokers, folder } = broker;
    if (json) terminal.out(JSON.stringify({ bootstrapServers: brokers, folder }));
    else terminal.out(announcement(brokers, relative(projectDir, folder), performance.now() - begin));
    const { exit, lastOutput } = await unlessInterrupted(broker.exited, interrupted);
    throw new LabError(
      'LAB_BROKER_ENDED',
      `The lab's broker ended by itself (${exit.signal ?? `exit code ${exit.code}`}).`,
      { remedy: [...lastOutput, `Start it again: ${toRun('lab up')}`], retriable: true },
    );
  } finally {
    // One that fails to start puts itself away, and its failure is on its way out already.
    const broker = await starting.catch(() => undefined);
    await broker?.stop();
    if (interrupted.aborted) terminal.progress('stopped');
  }
}

function announcement(brokers: string, folder: string, tookMs: number): string {
  return [
    `The lab's broker is up at ${brokers}, after ${duration(tookMs)}.`,
    `Ctrl-C stops it; what it keeps, in ${folder}, is there again after the next start.`,
    '',
    'In other terminals, in this folder:',
    `  ${toRun('lab setup')}`,
    `  ${toRun('lab produce')}`,
    `  ${toRun('lab consume --group shipping-service --name A')}`,
    `  ${toRun('lab reset')}`,
  ].join('\n');
}
