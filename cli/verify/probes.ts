import { randomBytes } from 'node:crypto';
import {
  type AttributeValue,
  DynamoDBClient,
  paginateQuery,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import type { App } from '../../local/cli/app.ts';
import type { LettersTable, StoredLetter } from '../dead-letters/letters-table.ts';
import { lettersSince } from '../dead-letters/selection.ts';
import { type Case, HEADER_TEXT } from './cases.ts';
import { type Evidence, Invocation } from './seen.ts';

/** A case under way. */
export interface Running {
  /** Names it in the table of probes. */
  readonly run: string;
  readonly theCase: Case;
  /** Of its records; it looks like an order's id, since the outbox holds nothing else. */
  readonly recordKey: string;
  readonly since: Date;
}

/** How probes get to their consumer, and what is known of them there. */
export interface Probes {
  /** Hands a case's records to the relay, all at once. */
  begin(run: string, theCase: Case): Promise<Running>;
  evidence(running: Running): Promise<Evidence>;
  /** The messages about a case, as the collector kept them: it knows no such consumer. */
  letters(running: Running): Promise<readonly StoredLetter[]>;
  close(): void;
}

/**
 * Opens the way of probes through an app.
 *
 * @param probesTable of the stack with the probe's consumer
 */
export function probesOf(app: App, probesTable: string, letters: LettersTable): Probes {
  const client = new DynamoDBClient(app.dynamodb);
  const outbox = app.output('OutboxTable');

  const lettersOf = ({ recordKey, since }: Running): Promise<readonly StoredLetter[]> => {
    const inBase64 = Buffer.from(recordKey).toString('base64');
    const isOfRecord = ({ value }: StoredLetter) => textOf(value).includes(inBase64);
    return lettersSince(letters, since, { consumer: 'dead-letters' }, isOfRecord);
  };
  return {
    async begin(run, theCase) {
      const recordKey = `ord_${randomBytes(13).toString('hex')}`;
      const rows = theCase.scripts.map((script, n) =>
        probeRow(recordKey, n, { run, case: theCase.name, n, script }),
      );
      await client.send(
        new TransactWriteItemsCommand({
          TransactItems: rows.map((Item) => ({ Put: { TableName: outbox, Item } })),
        }),
      );
      return { run, theCase, recordKey, since: new Date() };
    },
    async evidence(running) {
      const invocations: Invocation[] = [];
      const query = {
        TableName: probesTable,
        ConsistentRead: true,
        KeyConditionExpression: '#run = :run AND begins_with(what, :seen)',
        ExpressionAttributeNames: { '#run': 'run' },
        ExpressionAttributeValues: {
          ':run': { S: running.run },
          ':seen': { S: `seen#${running.theCase.name}#` },
        },
      };
      for await (const { Items = [] } of paginateQuery({ client }, query)) {
        invocations.push(...Items.map(({ seen }) => Invocation.parse(JSON.parse(seen?.S ?? ''))));
      }
      const deadLetters = (await lettersOf(running)).map(({ key, value }) => ({
        key: textOf(key),
        value: textOf(value),
      }));
      return { invocations, deadLetters, recordKey: running.recordKey };
    },
    letters: lettersOf,
    close: () => client.destroy(),
  };
}

/** A row of the outbox; the relay publishes what is there. Its type is no order's: whoever doesn't know it skips it. */
function probeRow(recordKey: string, n: number, value: object): Record<string, AttributeValue> {
  const headers = {
    ce_specversion: '1.0',
    ce_id: `${recordKey}.${n + 1}`,
    ce_source: '/orderly/verify',
    ce_type: 'orderly.probe',
    ce_subject: recordKey,
    ce_time: new Date().toISOString(),
    'content-type': 'application/json',
    'probe-bytes': HEADER_TEXT,
  };
  return {
    orderId: { S: recordKey },
    seq: { N: String(n + 1) },
    key: { S: recordKey },
    value: { B: Buffer.from(JSON.stringify(value)) },
    headers: { L: Object.entries(headers).map(([name, text]) => ({ L: [{ S: name }, { S: text }] })) },
  };
}

function textOf(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('utf8');
}
