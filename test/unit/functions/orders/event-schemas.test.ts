import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { eventSchemas } from '../../../../functions/orders/event-schemas.ts';
import { CURRENT_VERSION } from '../../../../functions/orders/events.ts';
import { cancelledEvent } from '../../../support/order-events.ts';
import { anOrder, placedEvent } from '../../../support/orders.ts';
import { schemaChanges } from '../../../support/schema-changes.ts';

const folder = new URL('../../../../docs/events/', import.meta.url);
const published = readdirSync(folder)
  .filter((file) => file.endsWith('.schema.json'))
  .map((file) => ({
    name: file.replace('.schema.json', ''),
    schema: JSON.parse(readFileSync(new URL(file, folder), 'utf8')),
  }));
const current = eventSchemas();

describe('the JSON Schema of events', () => {
  it('is published for the version that is written; npm run docs:events writes a new one', () => {
    expect(published.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(current)));
  });

  it.each(published.filter(({ name }) => name in current))(
    'of $name is what was published',
    ({ name, schema }) => {
      expect(current[name]).toEqual(schema);
    },
  );

  it.each(published)('is compatible with $name', ({ name, schema }) => {
    const [type, version] = name.split('-');
    const [major] = (version ?? '').split('.');
    const same = Object.entries(current).find(([key]) => key.startsWith(`${type}-${major}.`));
    if (same !== undefined) expect(schemaChanges(schema, same[1])).toEqual([]);
  });

  it('holds for what is written', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    const order = anOrder('schema');
    for (const [type, event] of [
      ['OrderPlaced', placedEvent(order)],
      ['OrderCancelled', cancelledEvent(order)],
    ] as const) {
      const validate = ajv.compile(current[`${type}-${CURRENT_VERSION}`] ?? {});
      expect(
        validate(JSON.parse(Buffer.from(event.value).toString('utf8'))),
        JSON.stringify(validate.errors),
      ).toBe(true);
      expect(validate({})).toBe(false);
    }
  });
});

describe('schemaChanges', () => {
  const before = {
    type: 'object',
    properties: {
      id: { type: 'string' },
      lines: { items: { properties: { sku: { type: 'string' } }, required: ['sku'] } },
    },
    required: ['id'],
  };
  const { properties } = before;

  it('lets a property be added that may be absent', () => {
    const gift = { type: 'boolean' };
    expect(schemaChanges(before, { ...before, properties: { ...properties, gift } })).toEqual([]);
  });

  it.each<[string, object, string]>([
    ['gone', { ...before, properties: { lines: properties.lines } }, '/id is gone'],
    ['of another type', { ...before, properties: { ...properties, id: { type: 'integer' } } }, '/id'],
    ['narrower', { ...before, properties: { ...properties, id: { type: 'string', maxLength: 3 } } }, '/id'],
    ['optional now', { ...before, required: [] }, '/id may be absent'],
    ['needed now', { ...before, required: ['id', 'lines'] }, '/lines may not be absent'],
    [
      'changed in a list',
      {
        ...before,
        properties: {
          ...properties,
          lines: { items: { properties: { sku: { type: 'number' } }, required: ['sku'] } },
        },
      },
      '/lines/*/sku',
    ],
  ])('names a property that is %s', (_name, changed, change) => {
    expect(schemaChanges(before, changed)).toEqual([change]);
  });
});
