import { hostname, userInfo } from 'node:os';

/** Who runs this command, as the machine knows it: `user@host`. */
export function operator(): string {
  return `${userName()}@${hostname()}`;
}

/** A container may run as a number that has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
