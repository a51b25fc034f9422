import { describe, expect, it } from 'vitest';
import type { SettledRecord } from '../../../../functions/kafka/outcome.ts';
import zoo from '../../../fixtures/payload-zoo.json' with { type: 'json' };
import { email, LAMBDA_CONTEXT, shipping } from '../../../support/consumer.ts';
import { kafkaEvent, type LambdaRecord, lambdaRecord } from '../../../support/kafka-event.ts';
import { anOrder, placedEvent } from '../../../support/orders.ts';

interface Animal {
  readonly name: string;
  readonly outcome: string;
  readonly record: LambdaRecord;
}

/** Those too large for a file, and one that no JavaScript client can put on a topic. */
const others: Animal[] = [
  {
    name: 'headers without a value',
    outcome: 'done',
    record: withNullHeaders(lambdaRecord(placedEvent(anOrder('null-header')), 900)),
  },
  {
    name: 'a header of 64 kB',
    outcome: 'done',
    record: withHeader(lambdaRecord(placedEvent(anOrder('giant-header')), 901), 'x-large', 65_536),
  },
  {
    name: 'a hundred thousand levels of nesting in an ignored field',
    outcome: 'done',
    record: withNesting(lambdaRecord(placedEvent(anOrder('giant-nesting')), 902), 100_000),
  },
];

function withNullHeaders(record: LambdaRecord): LambdaRecord {
  const others = record.headers.filter((header) => !('traceparent' in header));
  return {
    ...record,
    headers: [{ 'x-empty': null }, ...others, { traceparent: null }, { ce_subject: null }],
  };
}

function withHeader(record: LambdaRecord, name: string, size: number): LambdaRecord {
  return { ...record, headers: [...record.headers, { [name]: Array.from({ length: size }, () => 97) }] };
}

function withNesting(record: LambdaRecord, depth: number): LambdaRecord {
  const json = Buffer.from(record.value ?? '', 'base64').toString('utf8');
  const nested = `{"extra":${'['.repeat(depth)}${']'.repeat(depth)},${json.slice(1)}`;
  return { ...record, value: Buffer.from(nested).toString('base64') };
}

/** The file's own type is a union of its forty shapes. */
const animals: Animal[] = [...(zoo as unknown as Animal[]), ...others];
const neighbour = lambdaRecord(placedEvent(anOrder('neighbour')), 1_000);

describe.each(Object.entries({ shipping, email }))('the payload zoo in %s', (_name, over) => {
  it.each(animals)('$name: $outcome, and its neighbour gets its effect', async ({ outcome, record }) => {
    const { handler, effects, letters, counts } = over();
    const response = await handler(kafkaEvent([record, neighbour]), LAMBDA_CONTEXT);

    const letter = outcome === 'unparseable' || outcome === 'invalid';
    expect(response).toEqual({ batchItemFailures: [] });
    expect(letters.map(({ reason }) => reason)).toEqual(letter ? [outcome] : []);
    expect(counts()).toMatchObject({
      done: outcome === 'done' ? 2 : 1,
      skipped: outcome === 'skipped' ? 1 : 0,
      deadLetter: letter ? 1 : 0,
    });
    expect(effects()).toBe(outcome === 'done' ? 2 : 1);
  });

  it('all at once, twice over: each effect once', async () => {
    const { handler, effects } = over();
    const event = kafkaEvent([...animals.map(({ record }) => record), neighbour]);
    for (const _delivery of [1, 2]) {
      expect(await handler(event, LAMBDA_CONTEXT)).toEqual({ batchItemFailures: [] });
    }
    expect(effects()).toBe(animals.filter(({ outcome }) => outcome === 'done').length + 1);
  });

  it('keeps the bytes of what it gives up', async () => {
    const { handler, letters } = over();
    const animal = animals.find(({ name }) => name === 'a ce_ header that is not UTF-8');
    if (animal === undefined) throw new Error('it has left the zoo');
    await handler(kafkaEvent([animal.record]), LAMBDA_CONTEXT);
    const record: SettledRecord['record'] | undefined = letters[0]?.record;
    expect(record?.headers.at(-1)).toEqual(['ce_extension', Uint8Array.of(0xff, 0xfe, 0x00, 0x80)]);
    expect(Buffer.from(record?.value ?? []).toString('base64')).toBe(animal.record.value);
  });
});
