import { describe, expect, it } from 'vitest';
import { childTraceparent } from '../../../../functions/checkout/traceparent.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const ones = (length: number) => new Uint8Array(length).fill(0x11);
const fresh = `00-${'11'.repeat(16)}-${'11'.repeat(8)}-00`;

describe('childTraceparent', () => {
  it('goes on with the caller’s trace under a new span', () => {
    expect(childTraceparent(`00-${TRACE}-b7ad6b7169203331-01`, ones)).toBe(
      `00-${TRACE}-${'11'.repeat(8)}-01`,
    );
    expect(childTraceparent(`00-${TRACE}-b7ad6b7169203331-00`, ones)).toMatch(/-00$/);
  });

  it('reads a later version, and knows of its flags only the first', () => {
    expect(childTraceparent(`cc-${TRACE}-b7ad6b7169203331-03-more`, ones)).toBe(
      `00-${TRACE}-${'11'.repeat(8)}-01`,
    );
  });

  it.each([
    undefined,
    '',
    `00-${TRACE}-b7ad6b7169203331`,
    `00-${TRACE}-b7ad6b7169203331-01-more`,
    `ff-${TRACE}-b7ad6b7169203331-01`,
    `00-${TRACE.toUpperCase()}-b7ad6b7169203331-01`,
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE}-b7ad6b7169203331-01,00-${TRACE}-b7ad6b7169203331-01`,
    `cc-${TRACE}-b7ad6b7169203331-01-more,cc-${TRACE}-b7ad6b7169203331-01-more`,
  ])('begins a new trace for %j', (header) => {
    expect(childTraceparent(header, ones)).toBe(fresh);
  });
});
