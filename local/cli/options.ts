import { type Command, InvalidArgumentError } from 'commander';
import type { AppAddress } from './app.ts';
import type { Terminal } from './terminal.ts';

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

/** `key=value`, added to those before it. */
export function contextValue(
  text: string,
  before: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key !== undefined && value !== undefined) return { ...before, [key]: value };
  throw new InvalidArgumentError('It has to be key=value.');
}
