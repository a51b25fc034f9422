/**
 * Loaded into a function's process before its handler: JSON's parser, with the fault of taking the whole process along
 * when a text has `CRASH_ON_TEXT` in it, for as long as the file `CRASH_WHILE` exists.
 */
import { existsSync } from 'node:fs';

const { CRASH_ON_TEXT: poison, CRASH_WHILE: file } = process.env;
const parse = JSON.parse;

JSON.parse = (text, reviver) => {
  if (poison !== undefined && file !== undefined && String(text).includes(poison) && existsSync(file)) {
    process.kill(process.pid, 'SIGKILL');
  }
  return parse(text, reviver);
};
