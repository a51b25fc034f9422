import type { CommandNames } from '../local/command-line.ts';

/** How a command of this project is called, as README.md calls it. */
export const ORDERLY = 'npx orderly';

/** What the local cloud's messages call its commands in this project. */
export const CALLED_HERE: CommandNames = {
  name: 'orderly',
  call: ORDERLY,
  up: (options) => ['npm start', ...(options === undefined ? [] : ['--', options])].join(' '),
  otherUps: ', or npm run demo -- --engine external',
  compose: 'docker compose',
};
