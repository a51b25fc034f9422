import { expect, it } from 'vitest';
import { fromOutboxItem, toOutboxItem } from '../../../../functions/outbox/row.ts';
import { placedRow } from '../../../support/outbox-rows.ts';

const row = placedRow('a');

it('reads back as it was written, headers in their order', () => {
  const read = fromOutboxItem(toOutboxItem(row));
  expect(read).toEqual(row);
  expect(Object.keys(read.event.headers)).toEqual(Object.keys(row.event.headers));
});

it.each(['orderId', 'seq', 'key', 'value', 'headers'])('is refused without %s', (attribute) => {
  const { [attribute]: _, ...item } = toOutboxItem(row);
  expect(() => fromOutboxItem(item)).toThrow(expect.objectContaining({ code: 'OUTBOX_ROW_INVALID' }));
});
