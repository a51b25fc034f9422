import { type Command, InvalidArgumentError } from 'commander';
import type { AppAddress } from '../app/address.ts';
import { durationMs, momentOf } from '../moments.ts';
import type { Terminal } from '../terminal.ts';

/** What every command is given. */
export interface CommandContext {
  readonly projectDir: string;
  readonly terminal: Terminal;
  /** Which app the command line is about; known when a command begins. */
  readonly at: () => AppAddress;
  /** Says whether everything was as asked; a command that doesn't has done what it was asked. */
  readonly exitWith: (fulfilled: boolean) => void;
}

/** A command about the local cloud alone: with `--stack` it is refused, and says why. */
export function localOnly<T extends Command>(command: T, why: string): T {
  return command.hook('preAction', (_command, action) => {
    if (action.optsWithGlobals<{ stack?: string }>().stack === undefined) return;
    action.error(`error: ${command.name()} knows the local cloud alone: ${why}`, { exitCode: 2 });
  });
}

export const JSON_OPTION = ['--json', 'print JSON for scripts', false] as const;

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('It has to be a whole number from 1.');
}

/** A positive integer that is no more than `most`. */
export function upTo(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isSafeInteger(value) && value > 0 && value <= most) return value;
    throw new InvalidArgumentError(`It has to be a whole number from 1 to ${most}.`);
  };
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

/** ISO 8601 of a time, or of so long ago. */
export function moment(text: string): string {
  const at = momentOf(text, new Date());
  if (at !== undefined) return at;
  throw new InvalidArgumentError(
    'It has to be a time as 2026-03-01T12:00:00Z, or as 90s, 15m, 2h or 7d ago.',
  );
}

/** Milliseconds of a duration. */
export function duration(text: string): number {
  const milliseconds = durationMs(text);
  if (milliseconds !== undefined) return milliseconds;
  throw new InvalidArgumentError('It has to be a duration as 90s, 15m, 2h or 7d.');
}

/** A rate: any number above nothing. */
export function rate(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('It has to be a number above 0.');
}

/** `key=value`, added to those before it. */
export function contextValue(
  text: string,
  before: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key !== undefined && value !== undefined) return { ...before, [key]: value };
  throw new InvalidArgumentError('It has to be key=value.');
}
