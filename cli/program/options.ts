import { InvalidArgumentError } from 'commander';
import type { Terminal } from '../terminal.ts';

/** What every command is given. */
export interface CommandContext {
  readonly projectDir: string;
  readonly terminal: Terminal;
  /** Says whether everything was as asked; a command that doesn't has done what it was asked. */
  readonly exitWith: (fulfilled: boolean) => void;
}

export const JSON_OPTION = ['--json', 'print JSON for scripts', false] as const;

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('It has to be a whole number from 1.');
}

export function port(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  throw new InvalidArgumentError('It has to be a port: 1 to 65535, or 0 for any free one.');
}

export function time(text: string): Date {
  const value = new Date(text);
  if (/^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(value.getTime())) return value;
  throw new InvalidArgumentError('It has to be a time with its zone, like 2026-03-02T00:15:00Z.');
}

export function orderId(text: string): string {
  if (/^ord_[0-9a-z]{26}$/.test(text)) return text;
  throw new InvalidArgumentError('It has to be an order id: ord_ and 26 letters or digits.');
}
