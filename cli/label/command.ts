import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { type App, type AppAddress, appAt } from '../../local/cli/app.ts';
import { type CommandContext, JSON_OPTION } from '../../local/cli/options.ts';
import type { Terminal } from '../../local/cli/terminal.ts';
import { cacheFolder } from '../../local/engines/install.ts';
import { LocalCloudError } from '../../local/errors.ts';
import { ORDERLY } from '../command-line.ts';
import { OrderSystemError } from '../errors.ts';
import { orderId } from '../options.ts';
import { PostalAddress, Shipment } from './shipment.ts';

/** `orderly label` */
export function labelCommand(program: Command, { at, terminal }: CommandContext): void {
  program
    .command('label')
    .description('write the shipping label of an order as a PDF of 4 by 6 inches')
    .argument('<orderId>', `as ${ORDERLY} order prints it`, orderId)
    .option('--out <file>', 'where it goes; <orderId>.pdf unless said otherwise')
    .option(...JSON_OPTION)
    .action((id, options) => label(at(), id, options, terminal));
}

/** Writes the shipping label of an order, rendered from its shipment's row. */
async function label(
  at: AppAddress,
  orderId: string,
  options: { readonly out?: string | undefined; readonly json: boolean },
  terminal: Terminal,
): Promise<void> {
  const { familyLoader } = await import('./fonts.ts');
  const { labelOf } = await import('./label.ts');
  const app = await appAt(at);
  const sender = senderOf(app, at.stack === undefined);
  const shipment = await readShipment(app, orderId);
  const load = familyLoader(cacheFolder(process.env, 'orderly'), process.env, terminal.progress);
  const pdf = await labelOf(shipment, sender, load);
  const file = resolve(at.projectDir, options.out ?? `${shipment.orderId}.pdf`);
  await writeFile(file, pdf);
  if (sender === SAMPLE) terminal.progress(`The label’s return address is a sample. ${SET_RETURN_ADDRESS}`);
  terminal.out(options.json ? JSON.stringify({ orderId, file, carrier: shipment.carrier }) : file);
}

/** Who reads it knows that nobody has said who sends. */
const SAMPLE: PostalAddress = {
  name: 'SAMPLE SENDER',
  line1: '1 Sample Street',
  city: 'Sampletown',
  postalCode: '00000',
  country: 'US',
};

const SET_RETURN_ADDRESS =
  'The setting returnAddress says who sends: docs/deploying.md, under Settings, has its form.';

const JsonAddress = z
  .string()
  .transform((text) => JSON.parse(text))
  .pipe(PostalAddress);

/** The return address of an app, by an output of its stack; a sample for a local cloud that was told none. */
function senderOf(app: App, isLocal: boolean): PostalAddress {
  const [, output] = Object.entries(app.outputs).find(([name]) => /(^|\.)ReturnAddress$/.test(name)) ?? [];
  if (output !== undefined) return JsonAddress.parse(output);
  if (isLocal) return SAMPLE;
  throw new LocalCloudError('CONFIG_INVALID', `${app.name} has no return address, and a label needs one`, {
    remedy: [SET_RETURN_ADDRESS],
  });
}

async function readShipment(app: App, orderId: string): Promise<Shipment> {
  const { DynamoDBClient, GetItemCommand } = await import('@aws-sdk/client-dynamodb');
  const client = new DynamoDBClient(app.dynamodb);
  try {
    const { Item: row } = await client.send(
      new GetItemCommand({
        TableName: app.output('ShipmentsTable'),
        Key: { orderId: { S: orderId } },
        ConsistentRead: true,
      }),
    );
    if (row === undefined) {
      throw new OrderSystemError('SHIPMENT_NOT_FOUND', `there is no shipment of ${orderId}`, {
        remedy: [
          `${ORDERLY} order prints the ids of the orders it places; their shipments follow within a second.`,
          `Unless shipping-service is disabled, or behind: ${ORDERLY} status`,
        ],
      });
    }
    if (row.status?.S === 'CANCELLED') {
      throw new OrderSystemError(
        'SHIPMENT_CANCELLED',
        `the shipment of ${orderId} is cancelled: it has no label`,
      );
    }
    return Shipment.parse(row);
  } finally {
    client.destroy();
  }
}
