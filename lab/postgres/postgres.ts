/** A PostgreSQL server of the lab's own: made anew for each run, on 127.0.0.1, and gone with it. */
import { randomBytes } from 'node:crypto';
import { chmod, chown, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { removeAbandoned } from '../../local/engines/install.ts';
import { type RunningPart, startPart } from '../../local/engines/part.ts';
import { freePorts } from '../../local/engines/ports.ts';
import { run } from '../../local/processes/guarded.ts';
import type { Service, Session } from '../cluster/session.ts';
import { LabError } from '../errors.ts';
import { installPostgres } from './install.ts';

export interface Postgres extends Service {
  /** A new, empty database; one of that name from an earlier experiment is gone. */
  database(name: string): Promise<Database>;
}

export interface Database {
  /** How it is reached, in the words of libpq (https://www.postgresql.org/docs/18/libpq-envars.html): the password is on no command line. */
  readonly env: Readonly<Record<string, string>>;
  readonly port: number;
  readonly name: string;
  readonly user: string;
  readonly password: string;
  /** The rows that a statement gives. */
  query(
    statement: string,
    values?: readonly unknown[],
  ): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  // What Debezium reads: the log, with which row was meant.
  wal_level: 'logical',
  max_replication_slots: 8,
  // A slot that nobody reads any more holds the log back for ever, unless there is a limit.
  max_slot_wal_keep_size: '256MB',
  // A lab that ends throws its data away, and needn't have them on the disk.
  fsync: 'off',
  shared_buffers: '16MB',
  // In its own folder, which goes; and not in the system's shared memory, where it would stay after a kill.
  dynamic_shared_memory_type: 'mmap',
  io_method: 'sync',
};

/** Whoever works in its databases: no superuser, so that nobody who finds the password can start programs by SQL. */
const USER = 'lab';

/**
 * Starts PostgreSQL, fetching it if the cache lacks it.
 *
 * @throws {LabError} `SERVICE_NOT_STARTED`, `PLATFORM_UNSUPPORTED`
 * @throws {LocalCloudError} `ENGINE_MISSING_TOOL`, `ENGINE_INSTALL_FAILED`, `ENGINE_START_FAILED`
 */
export async function startPostgres({ folder, progress }: Session['place']): Promise<Postgres> {
  const installed = await installPostgres(process.env, progress);
  progress('starting PostgreSQL');
  const home = await homeOf(installed, folder);
  const data = join(home.folder, 'data');
  const passwords = { postgres: newPassword(), [USER]: newPassword() };
  // Not the user's own: it reads PGDATA, PGOPTIONS and others.
  const env = { PATH: process.env.PATH, TMPDIR: process.env.TMPDIR, LC_ALL: 'C' };
  const open: pg.Client[] = [];
  let server: RunningPart<'postgres'> | undefined;
  const stop = async () => {
    await Promise.all(open.map((client) => client.end()));
    // "Fast": it ends sessions instead of waiting for them, and takes its shared memory along
    // (https://www.postgresql.org/docs/18/server-shutdown.html).
    server?.kill('SIGINT');
    await server?.stop();
    await home.remove();
  };
  try {
    const passwordFile = join(home.folder, 'password');
    await writeFile(passwordFile, passwords.postgres, { mode: 0o600 });
    if (home.owner !== undefined) await chown(passwordFile, home.owner, home.owner);
    await initialize([...home.as, join(home.bin, 'initdb')], data, passwordFile, env);
    await rm(passwordFile);
    const [port = 0] = await freePorts(1);
    const connect = async (user: keyof typeof passwords, database: string) => {
      const password = passwords[user];
      const client = new pg.Client({ host: '127.0.0.1', port, user, password, database, ssl: false });
      // A connection that breaks is told to whoever asks next.
      client.on('error', () => undefined);
      await client.connect();
      return client;
    };
    const [command = '', ...args] = [...home.as, join(home.bin, 'postgres')];
    const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    server = await startPart({
      part: 'postgres',
      command,
      args: [...args, '-D', data, '-p', String(port), ...settings],
      cwd: home.folder,
      env,
      log: () => undefined,
      // An open port is no database yet; and with this password no other server lets anybody in.
      isReady: () =>
        connect('postgres', 'postgres').then(
          (client) => client.end().then(() => true),
          () => false,
        ),
    });
    const first = await connect('postgres', 'postgres');
    await first.query(
      `CREATE ROLE ${USER} LOGIN REPLICATION CREATEDB PASSWORD ${pg.escapeLiteral(passwords[USER] ?? '')}`,
    );
    await first.end();
    const maker = await connect(USER, 'postgres');
    open.push(maker);
    return {
      async database(name) {
        await maker.query(
          'SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = $1 AND NOT active',
          [name],
        );
        await maker.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`);
        await maker.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
        const client = await connect(USER, name);
        open.push(client);
        return databaseOf(client, { port, name, user: USER, password: passwords[USER] ?? '' });
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const newPassword = () => randomBytes(24).toString('base64url');

function databaseOf(
  client: pg.Client,
  { port, name, user, password }: Pick<Database, 'port' | 'name' | 'user' | 'password'>,
): Database {
  return {
    port,
    name,
    user,
    password,
    env: {
      PGHOST: '127.0.0.1',
      PGPORT: String(port),
      PGDATABASE: name,
      PGUSER: user,
      PGPASSWORD: password,
      PGSSLMODE: 'disable',
      PGOPTIONS: '',
    },
    query: async (statement, values = []) => (await client.query(statement, [...values])).rows,
  };
}

async function initialize(
  program: readonly string[],
  data: string,
  passwordFile: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const [command = '', ...args] = program;
  const options = ['-U', 'postgres', '-A', 'scram-sha-256', '--pwfile', passwordFile];
  const speed = ['--no-sync', '--no-instructions', '-E', 'UTF8', '--locale=C'];
  const { exit, output } = await run(command, [...args, '-D', data, ...options, ...speed], { env });
  if (exit.code === 0) return;
  const ended = exit.signal ?? `code ${exit.code}`;
  throw new LabError(
    'SERVICE_NOT_STARTED',
    [`PostgreSQL could not make its data folder (${ended}). It wrote last:`, ...output.slice(-12)].join(
      '\n  ',
    ),
    {
      remedy: [
        'Where user namespaces are forbidden, root needs setpriv (util-linux), and any other user a name that the system knows (whoami).',
      ],
    },
  );
}

interface Home {
  readonly folder: string;
  readonly bin: string;
  /** In front of each of its programs. */
  readonly as: readonly string[];
  /** Whose the folder is, where not the user's. */
  readonly owner?: number;
  /** Removes what isn't in the folder of the run. */
  remove(): Promise<void>;
}

/** `nobody`, on every Linux. */
const NOBODY = 65_534;

/**
 * In a user namespace root is `nobody`, which is all that Postgres asks for, while files stay root's; and a segment of shared
 * memory goes with the namespace, even if all was killed.
 */
const NAMESPACE = ['unshare', '--user', '--ipc', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`];

/**
 * Postgres refuses to be run by root. Where namespaces are forbidden, as in a container by default, root has it run by
 * `nobody`, who may read no folder of root's: then it is copied to where everybody may.
 */
async function homeOf(installed: string, folder: string): Promise<Home> {
  const bin = join(installed, 'bin');
  const own = { folder, bin, remove: async () => undefined };
  await mkdir(folder, { recursive: true });
  const [unshare = '', ...options] = NAMESPACE;
  const { exit } = await run(unshare, [...options, 'true'], { env: process.env });
  if (exit.code === 0) return { ...own, as: NAMESPACE };
  if (process.getuid?.() !== 0) return { ...own, as: [] };

  const prefix = 'orderly-lab-postgres-';
  await removeAbandoned(tmpdir(), prefix);
  const home = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
  const copy = join(home, 'postgres');
  await cp(installed, copy, { recursive: true, verbatimSymlinks: true });
  await chmod(copy, 0o755);
  await chown(home, NOBODY, NOBODY);
  return {
    folder: home,
    bin: join(copy, 'bin'),
    as: ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'],
    owner: NOBODY,
    remove: () => rm(home, { recursive: true, force: true }),
  };
}
