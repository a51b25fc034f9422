import { InvalidArgumentError } from 'commander';
import { momentOf } from '../local/cli/moments.ts';

export function orderId(text: string): string {
  if (/^ord_[0-9a-z]{26}$/.test(text)) return text;
  throw new InvalidArgumentError('It has to be an order id: ord_ and 26 letters or digits.');
}

/** ISO 8601 of a time, or of so long ago. */
export function moment(text: string): string {
  const at = momentOf(text, new Date());
  if (at !== undefined) return at;
  throw new InvalidArgumentError(
    'It has to be a time as 2026-03-01T12:00:00Z, or as 90s, 15m, 2h or 7d ago.',
  );
}

/** A rate: any number above nothing. */
export function rate(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('It has to be a number above 0.');
}
