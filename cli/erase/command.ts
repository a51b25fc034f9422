import type { Command } from 'commander';
import { type AppAddress, appAt } from '../../local/cli/app.ts';
import { interruption } from '../../local/cli/interruption.ts';
import { type CommandContext, JSON_OPTION } from '../../local/cli/options.ts';
import { type Terminal, table } from '../../local/cli/terminal.ts';
import type { OrderVerdict } from './erase.ts';

/** `orderly erase` */
export function eraseCommand(program: Command, { at, terminal, exitWith }: CommandContext): void {
  program
    .command('erase')
    .description('delete what the tables hold of a customer: orders, shipments, dead letters')
    .argument('<customerId>', 'as orders name it')
    .option('--execute', 'do it; without it nothing is deleted', false)
    .option(...JSON_OPTION)
    .action(async (customerId, options) => {
      exitWith(await erase(at(), customerId, options, terminal, interruption(terminal.progress)));
    });
}

/**
 * Deletes what the tables hold of a customer; without `execute` it tells what that is.
 *
 * @returns whether nothing of the customer is left, or without `execute`: would be
 */
async function erase(
  at: AppAddress,
  customerId: string,
  { execute, json }: { readonly execute: boolean; readonly json: boolean },
  terminal: Terminal,
  interrupted: AbortSignal,
): Promise<boolean> {
  const app = await appAt(at);
  const tables = {
    orders: app.output('OrdersTable'),
    outbox: app.output('OutboxTable'),
    shipments: app.output('ShipmentsTable'),
    deadLetters: app.output('DeadLettersTable'),
  };
  const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb');
  const { eraseCustomer } = await import('./erase.ts');
  const client = new DynamoDBClient(app.dynamodb);
  try {
    const verdicts = await eraseCustomer(
      client,
      tables,
      customerId,
      { execute, now: Date.now() },
      interrupted,
    );
    terminal.out(json ? JSON.stringify({ execute, orders: verdicts.map(row) }) : describe(verdicts, execute));
    if (interrupted.aborted) {
      terminal.progress('It was interrupted. The same command goes on with what is left.');
      throw interrupted.reason;
    }
    return verdicts.every(({ decision, isErased }) => (execute ? isErased : decision.kind === 'erase'));
  } finally {
    client.destroy();
  }
}

function row(verdict: OrderVerdict) {
  const { orderId, lastEventAt, shipment, letters } = verdict.order;
  return {
    orderId,
    lastEventAt: new Date(lastEventAt).toISOString(),
    shipment,
    letters: letters.length,
    isErased: verdict.isErased,
    outcome: outcomeOf(verdict),
  };
}

function outcomeOf({ decision, isErased }: OrderVerdict): string {
  if (isErased) return 'erased';
  if (decision.kind === 'erase') return 'can be erased';
  switch (decision.why) {
    case 'unpublished':
      return 'waits: not all its events are published';
    case 'on the topic':
      return `waits: on the topic until ${new Date(decision.until).toISOString().slice(0, 10)}`;
    case 'no manifest yet':
      return 'waits: its shipment is on no manifest yet';
    case 'being replayed':
      return 'waits: a dead letter of it is being replayed';
  }
}

function describe(verdicts: readonly OrderVerdict[], execute: boolean): string {
  if (verdicts.length === 0) return '  The tables hold no order of this customer.';
  const waiting = verdicts.some(({ decision }) => decision.kind === 'wait');
  const rows = verdicts.map(row);
  return [
    table([
      ['order', 'last event', 'shipment', 'dead letters', ''],
      ...rows.map(({ orderId, lastEventAt, shipment, letters, outcome }) => {
        return [orderId, lastEventAt.slice(0, 10), shipment, letters, outcome];
      }),
    ]),
    '',
    ...(waiting ? ['  What waits would come back if it were erased now: run this again later.'] : []),
    ...(verdicts.some(({ isErased }) => isErased)
      ? ['  Manifests and backups still name the customer: docs/personal-data.md says for how long.']
      : ['  Nothing was erased.']),
    ...(!execute && verdicts.some(({ decision }) => decision.kind === 'erase')
      ? ['  To erase what can be: --execute']
      : []),
  ].join('\n');
}
