import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';

/**
 * Below what systems give to outgoing connections, one of which could else take a port while the broker that wants it starts:
 * Linux from 32768 (https://docs.kernel.org/networking/ip-sysctl.html, `ip_local_port_range`), macOS and Windows from 49152 (RFC 6335).
 */
const PORTS = { from: 20_000, below: 32_768 };
const ATTEMPTS = 1_000;

/**
 * `count` different ports on 127.0.0.1 that nobody listens on; another process may still take one before it is used.
 *
 * @throws {Error} if none was free in a thousand attempts
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  for (let attempt = 0; attempt < ATTEMPTS && ports.size < count; attempt += 1) {
    const port = randomInt(PORTS.from, PORTS.below);
    if (!ports.has(port) && (await isFree(port))) ports.add(port);
  }
  if (ports.size < count) throw new Error(`no free port between ${PORTS.from} and ${PORTS.below - 1}`);
  return [...ports];
}

/** Whether a port on 127.0.0.1 could be listened on just now. */
export async function isFree(port: number): Promise<boolean> {
  try {
    await close(await listen(port));
    return true;
  } catch (error) {
    if (
      error instanceof Error &&
      'code' in error &&
      (error.code === 'EADDRINUSE' || error.code === 'EACCES')
    ) {
      return false;
    }
    throw error;
  }
}

const ANSWER_WITHIN_MS = 2_000;

/** Whether somebody listens at `host:port`, and takes a connection within two seconds. */
export function accepts(address: string): Promise<boolean> {
  const { hostname, port } = new URL(`tcp://${address}`);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), timeout: ANSWER_WITHIN_MS });
    const answer = (accepted: boolean) => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
    socket.once('timeout', () => answer(false));
  });
}

async function listen(port: number): Promise<Server> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function close(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}
