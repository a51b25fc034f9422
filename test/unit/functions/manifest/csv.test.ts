import { describe, expect, it } from 'vitest';
import { csvOf, type ManifestRow, manifestRowOf } from '../../../../functions/manifest/csv.ts';
import { ManifestId } from '../../../../functions/manifest/files.ts';
import { shipment } from '../../../support/shipments.ts';

const id = ManifestId.parse('2026-03-01-post');
const HEADER = 'manifestId,orderId,weightClass,items,name,line1,line2,postalCode,city,country\r\n';
const row = manifestRowOf(shipment('csv'));
const addressed = (address: Partial<ManifestRow['address']>) =>
  csvOf(id, [{ ...row, address: { ...row.address, ...address } }]).slice(HEADER.length);

describe('a manifest as CSV', () => {
  it('has a header and a line a shipment, each ended by CR LF', () => {
    expect(csvOf(id, [row])).toBe(
      `${HEADER}2026-03-01-post,${row.orderId},letter,2,Anna Beispiel,Musterweg 1,,10115,Berlin,DE\r\n`,
    );
  });

  it('is the header alone where every shipment was cancelled', () => {
    expect(csvOf(id, [])).toBe(HEADER);
  });

  it('is the same whatever the order of the rows', () => {
    const rows = ['a', 'b', 'c'].map((key) => manifestRowOf(shipment(key)));
    expect(csvOf(id, rows.toReversed())).toBe(csvOf(id, rows));
    expect(rows).toHaveLength(3);
  });

  it('quotes what a line could not hold otherwise', () => {
    expect(addressed({ name: 'Anna "A", née B' })).toContain(',"Anna ""A"", née B",');
    expect(addressed({ line1: 'Musterweg 1, Hinterhaus' })).toContain(',"Musterweg 1, Hinterhaus",');
  });

  it('has a shipment on one line, whatever its address has in it', () => {
    const csv = addressed({ name: 'A\r\nB', line1: 'Musterweg 1\nHinterhaus', city: '\u202eBerlin' });
    expect(csv).toContain(',A[U+000D 000A]B,Musterweg 1[U+000A]Hinterhaus,');
    expect(csv.split(/[\r\n\u2028\u2029]+/)).toHaveLength(2);
  });

  it('leaves a postal code empty that an address does not have', () => {
    const { postalCode: _, ...address } = row.address;
    expect(csvOf(id, [{ ...row, address }]).slice(HEADER.length)).toContain(',Musterweg 1,,,Berlin,DE\r\n');
  });

  const SIGNS = ['=1+1', '+1', '-1', '@SUM(A1)', '＝1', '＋1', '－1', '＠A'];
  // A spreadsheet takes off what stands in front, or begins anew behind a line feed.
  const BEFORE = ['', ' ', '\u00a0', '\u3000', '\t', '\r', '\n', '\r\n', '\u2028', '\ufeff', '\u200b', '\0'];
  it.each(BEFORE.flatMap((before) => SIGNS.map((sign) => before + sign)))(
    'keeps a spreadsheet from running %j',
    (formula) => {
      for (const field of ['name', 'postalCode'] as const) {
        const line = addressed({ [field]: formula }).replaceAll('"', '');
        expect(line.split(/[,\r\n]/).filter((cell) => /^[\s\p{Cf}]*[=+\-@＝＋－＠]/u.test(cell))).toEqual([]);
      }
    },
  );
});

describe('a row of a manifest', () => {
  it('counts the things in it', () => {
    expect(manifestRowOf(shipment('row', 51)).items).toBe(51);
  });

  it('names the order of a row that shipping did not write', () => {
    const { address: _, ...without } = shipment('row');
    expect(() => manifestRowOf(without)).toThrow(
      expect.objectContaining({ code: 'MANIFEST_ROW_INVALID', data: { orderId: without.orderId?.S } }),
    );
  });
});
