import { AsyncLocalStorage } from 'node:async_hooks';

/** How commands are called by whoever reads a message; a program that mounts them has names of its own. */
export interface CommandNames {
  /** Of the program. */
  readonly name: string;
  /** What stands before each command. */
  readonly call: string;
  /** How the local cloud of a folder is started, with options if there are any. */
  readonly up: (options?: string) => string;
  /** Where else an engine of docker-compose.yml is of use than for `up`, as ` or …`. */
  readonly otherUps: string;
  /** Docker Compose with the file that has the engine. */
  readonly compose: string;
}

/** What the package calls its own commands. */
export const MILLRACE: CommandNames = {
  name: 'millrace',
  call: 'npx millrace',
  up: (options) => ['npx millrace up', ...(options === undefined ? [] : [options])].join(' '),
  otherUps: '',
  compose: 'docker compose -f node_modules/millrace/docker-compose.yml',
};

/** What it was called before it was a package: files of that name are not read, and never passed over in silence. */
export const FORMER_NAME = 'orderly';

const called = new AsyncLocalStorage<CommandNames>();
const names = (): CommandNames => called.getStore() ?? MILLRACE;

/** Does something whose messages name the commands so. */
export function calledAs<T>(as: CommandNames, work: () => T): T {
  return called.run(as, work);
}

/** The program as messages name it. */
export const programName = (): string => names().name;

/** How a command is called, for whoever needs a remedy: `npx millrace reset`. */
export const toRun = (rest: string): string => `${names().call} ${rest}`;

/** How the local cloud of a folder is started. */
export const toStart = (options?: string): string => names().up(options);

/** How docker-compose.yml's engine is started; `--wait` until it answers. */
export const composeUp = (): string => `${names().compose} up -d --wait`;

/** How docker-compose.yml's engine is removed with all that it keeps, LocalStack's part included. */
export const composeDown = (): string => `${names().compose} --profile localstack down -v`;

/** A remedy where the embedded engine can't run. */
export const dockerInstead = (): string =>
  `Or let Docker run both parts: ${composeUp()}, then ${toStart()}${names().otherUps}.`;
