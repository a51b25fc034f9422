/** How a command of this project is called, as README.md calls it: the one place that says it to whoever needs a remedy. */
export const ORDERLY = 'npx orderly';

/** How the local cloud of a folder is started. */
export const START = 'npm start';
