import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HISTORY_LIMIT } from '../../../functions/dead-letters/letter.ts';
import { calmClient } from '../../simulator/dynamodb/client.ts';
import { database, type KeySchema, table } from '../../simulator/dynamodb/tables.ts';
import { scan, testClient, testTable } from '../../support/dynamodb.ts';
import { testEngines } from '../../support/engines.ts';
import { type Exchange, recorded } from './recorded.ts';
import { type Step, stepper, steps, type Tables } from './steps.ts';

const SCHEMAS = {
  orders: { hash: 'orderId' },
  outbox: { hash: 'orderId', range: { name: 'seq', type: 'N' } },
  shipments: { hash: 'orderId' },
  emailLedger: { hash: 'eventKey' },
  deadLetters: { hash: 'consumer', range: { name: 'recordId', type: 'S' } },
} as const satisfies Record<keyof Tables, KeySchema>;

describe.each(['ministack', 'dynamodbLocal'] as const)('the simulated DynamoDB and %s', (engine) => {
  /** What each answers to the same requests, in tables of the same names. */
  async function bothAnswer(script: readonly Step[]): Promise<{ twin: Exchange[]; real: Exchange[] }> {
    const client = testClient(testEngines()[engine]);
    const tables = await testTables(client);
    const twinTables = database(
      Object.entries(SCHEMAS).map(([role, schema]) => table(tables[role as keyof Tables], schema)),
    );
    const [twin, real] = [recorded(calmClient(twinTables)), recorded(client)];
    const [twinTakes, realTakes] = [stepper(twin.client, tables), stepper(real.client, tables)];
    for (const step of script) {
      await twinTakes(step);
      await realTakes(step);
    }
    for (const name of Object.values(tables)) {
      await scan(twin.client, name);
      await scan(real.client, name);
    }
    return { twin: twin.exchanges, real: real.exchanges };
  }

  it('answer every request of production alike, whatever was asked before', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const { twin, real } = await bothAnswer(script);
        expect(twin).toEqual(real);
      }),
      { numRuns: 15, seed: 4, endOnFailure: true },
    );
  });

  it('answer alike when a letter has as much history as it may', async () => {
    const script = Array.from(
      { length: HISTORY_LIMIT + 2 },
      () => ({ do: 'write letter', offset: 0 }) as const,
    );
    const { twin, real } = await bothAnswer(script);
    expect(twin).toEqual(real);
  });
});

async function testTables(client: DynamoDBClient): Promise<Tables> {
  const [orders, outbox, shipments, emailLedger, deadLetters] = await Promise.all([
    testTable(client, SCHEMAS.orders),
    testTable(client, SCHEMAS.outbox),
    testTable(client, SCHEMAS.shipments),
    testTable(client, SCHEMAS.emailLedger),
    testTable(client, SCHEMAS.deadLetters),
  ]);
  return { orders, outbox, shipments, emailLedger, deadLetters };
}
