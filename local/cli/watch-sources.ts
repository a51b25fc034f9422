import { watch } from 'node:fs';

/** Written by tools, not by people: a change in there is no change of the sources. */
const NOT_SOURCES = new Set(['node_modules', 'cdk.out', '.millrace', 'dist', '.git']);
/** Editors write a file several times, and a checkout writes many. */
const QUIET_MS = 50;

/**
 * Calls `changed` when something below a project folder has changed and nothing more has for a moment, never twice at
 * once: what changes meanwhile calls it again afterwards. `changed` must not reject; `failed` is told when watching
 * itself goes wrong, such as for want of inotify watches.
 */
export function watchSources(
  projectDir: string,
  changed: () => Promise<void>,
  failed: (error: Error) => void,
): { stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  let running = false;
  let again = false;
  let stopped = false;

  function touch(): void {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(run, QUIET_MS);
  }

  async function run(): Promise<void> {
    again = running;
    if (running) return;
    running = true;
    await changed();
    running = false;
    if (again) touch();
  }

  const watcher = watch(projectDir, { recursive: true, ignore: isNoSource }, touch).on('error', failed);
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
      watcher.close();
    },
  };
}

/** `path` is relative to the project. */
function isNoSource(path: string): boolean {
  return path.split(/[/\\]/).some((name) => NOT_SOURCES.has(name));
}
