import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HISTORY_LIMIT } from '../../../functions/dead-letters/letter.ts';
import { simulatedDynamoDb } from '../../simulator/dynamodb/client.ts';
import type { KeySchema } from '../../simulator/dynamodb/tables.ts';
import { scan, testClient, testTable } from '../../support/dynamodb.ts';
import { testEngines } from '../../support/engines.ts';
import { type Exchange, recorded } from './recorded.ts';
import { AWAITING_INDEX, type Step, stepper, steps, type Tables } from './steps.ts';

const SCHEMAS = {
  orders: { hash: 'orderId' },
  outbox: { hash: 'orderId', range: { name: 'seq', type: 'N' } },
  shipments: {
    hash: 'orderId',
    indexes: {
      [AWAITING_INDEX]: { hash: 'awaitingCarrier', range: { name: 'createdAt', type: 'S' } },
    },
  },
  probes: { hash: 'run', range: { name: 'what', type: 'S' } },
  emailLedger: { hash: 'eventKey' },
  deadLetters: { hash: 'consumer', range: { name: 'recordId', type: 'S' } },
} as const satisfies Record<keyof Tables, KeySchema>;

describe.each(['ministack', 'dynamodbLocal'] as const)('the simulated DynamoDB and %s', (engine) => {
  /** What each answers to the same requests, in tables of the same names. */
  async function bothAnswer(script: readonly Step[]): Promise<{ twin: Exchange[]; real: Exchange[] }> {
    const client = testClient(testEngines()[engine]);
    const tables = await testTables(client);
    const schemas = Object.entries(SCHEMAS).map(([role, schema]) => [tables[role as keyof Tables], schema]);
    const simulated = simulatedDynamoDb({ tables: Object.fromEntries(schemas) });
    const [twin, real] = [recorded(simulated.client), recorded(client)];
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
  const made = Object.entries<KeySchema>(SCHEMAS).map(async ([role, { hash, range, indexes = {} }]) => {
    const [index] = Object.entries(indexes).map(([name, keys]) => ({
      name,
      hash: keys.hash,
      range: keys.range?.name ?? '',
    }));
    return [role, await testTable(client, { hash, ...(range && { range }), ...(index && { index }) })];
  });
  return Object.fromEntries(await Promise.all(made));
}
