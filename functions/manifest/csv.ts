import { stringify } from 'csv-stringify/sync';
import type { ManifestId } from './manifest-id.ts';
import type { ManifestRow } from './manifest-row.ts';

/**
 * A manifest as its carrier gets it: RFC 4180, UTF-8, a header line, then a line a shipment by order id, so that the same
 * shipments are the same bytes.
 *
 * An address is a customer's text, and a spreadsheet would run `=cmd|…`: a field that begins with `=`, `+`, `-`, `@`, a tab
 * or a carriage return gets an apostrophe in front, as OWASP advises
 * (https://owasp.org/www-community/attacks/CSV_Injection). Who reads the file by a program takes it off again.
 */
export function csvOf(manifestId: ManifestId, rows: readonly ManifestRow[]): string {
  const records = [...rows]
    .sort((a, b) => (a.orderId < b.orderId ? -1 : 1))
    .map(({ orderId, weightClass, items, address }) => ({
      manifestId,
      orderId,
      weightClass,
      items,
      ...address,
    }));
  return stringify(records, {
    header: true,
    columns: [...COLUMNS],
    record_delimiter: 'windows',
    // A lone CR or LF too: not every reader tells it from the end of a line.
    quote_record_delimiter: true,
    escape_formulas: true,
  });
}

const COLUMNS = [
  'manifestId',
  'orderId',
  'weightClass',
  'items',
  'name',
  'line1',
  'line2',
  'postalCode',
  'city',
  'country',
] as const;
