import { readdirSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CURRENT_VERSION, eventSchemas } from '../../../../functions/orders/events.ts';
import { anOrder, cancelledEvent, placedEvent } from '../../../support/orders.ts';

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

const Schema = z.looseObject({
  properties: z.record(z.string(), z.unknown()).default({}),
  required: z.array(z.string()).default([]),
  items: z.unknown().optional(),
});

/**
 * What of a schema is not as it was published, by JSON pointer; a property that is added and may be absent is no change.
 *
 * Events lie on the topic for a week, and consumers are deployed one by one: new readers meet old events, and old readers
 * new ones. Only what may be absent can be added without either breaking.
 */
function schemaChanges(published: unknown, current: unknown, at = ''): string[] {
  const { properties, items, required, ...rules } = Schema.parse(published);
  const now = Schema.parse(current);
  const { properties: _properties, items: _items, required: _required, ...rulesNow } = now;

  const changes = isDeepStrictEqual(rules, rulesNow) ? [] : [at];
  for (const [name, schema] of Object.entries(properties)) {
    const place = `${at}/${name}`;
    if (name in now.properties) changes.push(...schemaChanges(schema, now.properties[name], place));
    else changes.push(`${place} is gone`);
  }
  for (const name of required) if (!now.required.includes(name)) changes.push(`${at}/${name} may be absent`);
  for (const name of now.required)
    if (!required.includes(name)) changes.push(`${at}/${name} may not be absent`);
  if (items !== undefined || now.items !== undefined) {
    changes.push(...schemaChanges(items ?? {}, now.items ?? {}, `${at}/*`));
  }
  return changes;
}
