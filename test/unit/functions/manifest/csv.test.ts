import { describe, expect, it } from 'vitest';
import { csvOf } from '../../../../functions/manifest/csv.ts';
import { ManifestId } from '../../../../functions/manifest/manifest-id.ts';
import { type ManifestRow, manifestRowOf } from '../../../../functions/manifest/manifest-row.ts';
import { shipment } from '../../../support/manifest-world.ts';

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
    expect(addressed({ line1: 'Musterweg 1\nHinterhaus' })).toContain(',"Musterweg 1\nHinterhaus",');
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '＝1'])(
    'keeps a spreadsheet from running %j',
    (formula) => {
      expect(addressed({ name: formula })).toMatch(/,"?'/);
      expect(addressed({ postalCode: formula })).toMatch(/,"?'/);
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
