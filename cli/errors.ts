import { LocalCloudError } from '../local/errors.ts';

/** The closed list of what can go wrong with the order system; scripts match on it, so a code never changes meaning. */
type OrderSystemErrorCode =
  | 'LETTER_NOT_FOUND'
  | 'LETTER_AMBIGUOUS'
  | 'LETTER_UNREADABLE'
  | 'RUN_NOT_FOUND'
  | 'RUN_AMBIGUOUS'
  | 'INVOCATION_REFUSED'
  | 'ORDER_UNREADABLE'
  | 'SHIPMENT_NOT_FOUND'
  | 'SHIPMENT_CANCELLED'
  | 'LABEL_UNPRINTABLE'
  | 'FONT_MISSING'
  | 'API_REFUSED';

/** As an error of the local cloud, of the order system: what happened, and the remedy. */
export class OrderSystemError extends LocalCloudError<OrderSystemErrorCode> {}
