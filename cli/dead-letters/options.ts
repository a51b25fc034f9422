import { InvalidArgumentError } from 'commander';
import {
  LETTER_REASONS,
  LETTER_STATUSES,
  type LetterReason,
  type LetterStatus,
} from '../../functions/dead-letters/letter.ts';
import { durationMs, momentOf } from './moments.ts';

/** Takes one more reason of an option that may come several times. */
export function letterReasons(text: string, before: readonly LetterReason[]): readonly LetterReason[] {
  return [...before, oneOf(LETTER_REASONS, text)];
}

/** Takes one more status of an option that may come several times. */
export function letterStatuses(text: string, before: readonly LetterStatus[]): readonly LetterStatus[] {
  return [...before, oneOf(LETTER_STATUSES, text.toUpperCase())];
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

function oneOf<const T extends readonly string[]>(choices: T, text: string): T[number] {
  const choice = choices.find((one) => one === text);
  if (choice !== undefined) return choice;
  throw new InvalidArgumentError(`It has to be one of ${choices.join(', ')}.`);
}
