import { InvalidArgumentError } from 'commander';
import {
  LETTER_REASONS,
  LETTER_STATUSES,
  type LetterReason,
  type LetterStatus,
} from '../../functions/dead-letters/letter.ts';

/** Takes one more reason of an option that may come several times. */
export function letterReasons(text: string, before: readonly LetterReason[]): readonly LetterReason[] {
  return [...before, oneOf(LETTER_REASONS, text)];
}

/** Takes one more status of an option that may come several times. */
export function letterStatuses(text: string, before: readonly LetterStatus[]): readonly LetterStatus[] {
  return [...before, oneOf(LETTER_STATUSES, text.toUpperCase())];
}

function oneOf<const T extends readonly string[]>(choices: T, text: string): T[number] {
  const choice = choices.find((one) => one === text);
  if (choice !== undefined) return choice;
  throw new InvalidArgumentError(`It has to be one of ${choices.join(', ')}.`);
}
