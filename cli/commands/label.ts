import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { ORDERLY } from '../../local/command-line.ts';
import { LocalCloudError } from '../../local/errors.ts';
import { type AppAddress, appAt } from '../app/address.ts';
import type { App } from '../app/app.ts';
import { labelFonts } from '../label/fonts.ts';
import { labelOf } from '../label/label.ts';
import { Shipment } from '../label/shipment.ts';
import { printable, type Terminal } from '../terminal.ts';

export interface LabelOptions {
  /** Where the PDF goes. @default - `<orderId>.pdf` in the project's folder */
  readonly out?: string | undefined;
  readonly json: boolean;
}

/** `orderly label <orderId>`: writes the shipping label of an order, rendered from its shipment's row. */
export async function label(
  at: AppAddress,
  orderId: string,
  options: LabelOptions,
  terminal: Terminal,
): Promise<void> {
  const shipment = await readShipment(await appAt(at), orderId);
  const { pdf, missing } = await labelOf(shipment, await labelFonts());
  const file = resolve(at.projectDir, options.out ?? `${shipment.orderId}.pdf`);
  await writeFile(file, pdf);
  if (missing.length > 0) {
    terminal.progress(
      `the label's font has no glyph for ${printable([...new Set(missing)].join(' '))}: shown by number`,
    );
  }
  terminal.out(options.json ? JSON.stringify({ orderId, file, carrier: shipment.carrier, missing }) : file);
}

async function readShipment(app: App, orderId: string): Promise<Shipment> {
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
      throw new LocalCloudError('SHIPMENT_NOT_FOUND', `there is no shipment of ${orderId}`, {
        remedy: [
          `${ORDERLY} order prints the ids of the orders it places; their shipments follow within a second.`,
          `Unless shipping-service is disabled, or behind: ${ORDERLY} status`,
        ],
      });
    }
    if (row.status?.S === 'CANCELLED') {
      throw new LocalCloudError(
        'SHIPMENT_CANCELLED',
        `the shipment of ${orderId} is cancelled: it has no label`,
      );
    }
    return Shipment.parse(row);
  } finally {
    client.destroy();
  }
}
