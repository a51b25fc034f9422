import { expect, it } from 'vitest';
import { code128 } from '../../../../cli/label/barcode.ts';

it('is Code 128, the widths of its bars and spaces as ISO/IEC 15417 has them', () => {
  // Start B, A, B, the check character 104 + 1 x 33 + 2 x 34 = 205 = 102 (mod 103), stop.
  const widths = '211214 111323 131123 411131 2331112'.replaceAll(' ', '');
  const { bars, width } = code128('AB');
  expect(width).toBe([...widths].reduce((sum, digit) => sum + Number(digit), 0));
  let at = 0;
  const expected = [...widths].flatMap((digit, index) => {
    const bar = { at, width: Number(digit) };
    at += bar.width;
    return index % 2 === 0 ? [bar] : [];
  });
  expect(bars).toEqual(expected);
});

it('fits on a label with its quiet zones, whatever the order id', () => {
  for (const id of [
    'ord_00000000000000000000000000',
    'ord_zzzzzzzzzzzzzzzzzzzzzzzzzz',
    'ord_a1b2c3d4e5f6g7h8j9k0m1n2p3',
  ]) {
    expect(code128(id).width).toBeLessThanOrEqual(11 * 32 + 13);
  }
});
