import { dockerInstead } from '../command-line.ts';
import { LocalCloudError } from '../errors.ts';
import { run } from '../processes/guarded.ts';
import { javaCommand } from './java.ts';

/** A program of the user's machine that an engine needs. */
export type ToolName = 'java' | 'mvn' | 'python3' | 'pip' | 'docker compose';

export interface Tool {
  readonly name: ToolName;
  /** e.g. `17 or newer`; what is needed of it. */
  readonly wanted: string;
  /** Its version as it calls itself; undefined when it doesn't run. */
  readonly version: string | undefined;
  /** Found, and new enough. */
  readonly usable: boolean;
  /** What to do where it isn't usable. */
  readonly remedy: string;
}

type Env = Readonly<Record<string, string | undefined>>;

interface ToolRule {
  readonly wanted: string;
  readonly command: (env: Env) => readonly [string, ...string[]];
  /** Finds the version in what the command prints. */
  readonly version: RegExp;
  readonly oldest: readonly number[];
  readonly remedy: string;
}

const rules: Readonly<Record<ToolName, ToolRule>> = {
  java: {
    // https://kafka.apache.org/43/getting-started/compatibility/: brokers need Java 17.
    wanted: '17 or newer',
    command: (env) => [javaCommand(env), '-version'],
    version: /version "([\d._]+)/,
    oldest: [17],
    remedy: 'Install a Java runtime, 17 or newer (for example from https://adoptium.net).',
  },
  mvn: {
    wanted: '3 or newer',
    command: () => ['mvn', '-v'],
    version: /Apache Maven ([\d.]+)/,
    oldest: [3],
    remedy:
      'Install Maven (https://maven.apache.org/install.html); it is needed once, to fetch Kafka and what runs beside it.',
  },
  python3: {
    wanted: '3.10 or newer',
    command: () => ['python3', '--version'],
    version: /Python ([\d.]+)/,
    oldest: [3, 10],
    remedy: 'Install Python, 3.10 or newer (https://www.python.org/downloads).',
  },
  pip: {
    wanted: 'any version',
    command: () => ['python3', '-m', 'pip', '--version'],
    version: /pip ([\d.]+)/,
    oldest: [0],
    remedy: 'Install pip for python3 (python3 -m ensurepip); it is needed once, to fetch MiniStack.',
  },
  'docker compose': {
    wanted: '2 or newer',
    command: () => ['docker', 'compose', 'version'],
    version: /version v?([\d.]+)/,
    oldest: [2],
    remedy: 'Install Docker with the compose plugin (https://docs.docker.com/compose/install).',
  },
};

/** Asks a tool for its version. */
export async function findTool(name: ToolName, env: Env): Promise<Tool> {
  const rule = rules[name];
  const [command, ...args] = rule.command(env);
  const { exit, output } = await run(command, args, { env });
  const version = exit.code === 0 ? rule.version.exec(output.join('\n'))?.[1] : undefined;
  const usable = version !== undefined && isAtLeast(version, rule.oldest);
  return { name, wanted: rule.wanted, version, usable, remedy: rule.remedy };
}

/** Compares number by number; `oldest` decides how many count. */
export function isAtLeast(version: string, oldest: readonly number[]): boolean {
  const numbers = version.split(/[._]/).map(Number);
  for (const [index, least] of oldest.entries()) {
    const found = numbers[index] ?? 0;
    if (found !== least) return found > least;
  }
  return true;
}

/** Throws ENGINE_MISSING_TOOL naming every tool that isn't usable, if any isn't; `what` can't run then, and `instead` is what can. */
export function requireUsable(
  tools: readonly Tool[],
  { what, instead }: { readonly what: string; readonly instead: readonly string[] } = {
    what: 'The embedded engine',
    instead: [dockerInstead()],
  },
): void {
  const missing = tools.filter((tool) => !tool.usable);
  if (missing.length === 0) return;
  const named = missing.map((tool) =>
    tool.version === undefined
      ? `${tool.name} (${tool.wanted}) was not found`
      : `${tool.name} is ${tool.version}, wanted is ${tool.wanted}`,
  );
  throw new LocalCloudError('ENGINE_MISSING_TOOL', `${what} can't run here: ${named.join('; ')}.`, {
    remedy: [...missing.map((tool) => tool.remedy), ...instead],
  });
}
