import type { Terminal } from '../../local/cli/terminal.ts';

/** A terminal nobody looks at. */
export const silentTerminal: Terminal = {
  out: () => undefined,
  progress: () => undefined,
  error: () => undefined,
};
