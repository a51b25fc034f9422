import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJsonBody } from '../../../../functions/checkout/json-body.ts';

const read = (text: string) => readJsonBody(Buffer.from(text, 'utf8'));

describe('a JSON body', () => {
  it.each([
    ['Latin-1', [0x22, 0xf6, 0x22]],
    ['an over-long slash', [0x22, 0xc0, 0xaf, 0x22]],
    ['half a surrogate pair', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['a surrogate pair as CESU-8 has it', [0x22, 0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80, 0x22]],
    ['more than Unicode has', [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22]],
    ['a character cut off', [0x22, 0xe2, 0x82, 0x22]],
    ['UTF-16', [0xff, 0xfe, 0x22, 0x00, 0x22, 0x00]],
    ['a byte order mark', [0xef, 0xbb, 0xbf, 0x31]],
    ['nothing', []],
    ['no JSON', [0x7b]],
  ])('is none that has %s', (_what, bytes) => {
    expect(readJsonBody(Uint8Array.from(bytes))).toEqual({ kind: 'not-json' });
  });

  it.each([
    ['{"a":1,"a":1}', ['a']],
    ['{"a":1,"b":{"a":1},"a":2}', ['a']],
    ['{"a":{"b":1,"b":2}}', ['a', 'b']],
    ['{"a":{"b":1,"b":2},"a":1}', ['a', 'b']],
    ['[0,{"x":[{},{"k":1,"k":null}]}]', [1, 'x', 1, 'k']],
    ['{"sku":1,"s\\u006bu":2}', ['sku']],
    ['{"":1,"":2}', ['']],
    ['{"__proto__":1,"__proto__":2}', ['__proto__']],
    ['{"\\"a\\\\":1 , "\\"a\\\\" : 2}', ['"a\\']],
    ['{"a":"}","a":1}', ['a']],
  ])('says where a name is there twice: %s', (text, path) => {
    expect(read(text)).toEqual({ kind: 'ambiguous', path });
  });

  it.each([
    '{"a":{"a":{"a":1}}}',
    '[{"a":1},{"a":1}]',
    '{"a":"a","b":"a"}',
    '{"a":"{\\"a\\":1,\\"a\\":2}"}',
    '["a","a",["a","a"]]',
    '{"a":[],"b":{}}',
    '{"a":1,"A":1}',
    '"a"',
    ' null ',
  ])('may mean one thing: %s', (text) => {
    expect(read(text)).toEqual({ kind: 'json', value: JSON.parse(text) });
  });

  it('is read whatever is in it, and found out when one of its names is repeated', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), (body) => {
        const text = JSON.stringify(body);
        expect(read(text)).toEqual({ kind: 'json', value: JSON.parse(text) });
        const [name = ''] = Object.keys(body);
        const repeated = `${text.slice(0, -1)},${JSON.stringify(name)}:0}`;
        expect(read(repeated)).toEqual({ kind: 'ambiguous', path: [name] });
      }),
    );
  });

  it('may be nested deeper than any stack', () => {
    const deep = `${'[{"a":'.repeat(7_000)}0${'}]'.repeat(7_000)}`;
    expect(read(deep).kind).toBe('json');
  });
});
