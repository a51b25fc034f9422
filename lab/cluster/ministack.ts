/** The lab's own tables and queues: MiniStack, as the local cloud runs it. */
import { cacheFolder } from '../../local/engines/install.ts';
import { installMinistack, startMinistack } from '../../local/engines/ministack.ts';
import { freePorts } from '../../local/engines/ports.ts';
import { findTool } from '../../local/engines/tools.ts';
import { requireForExperiments, type Service, type Session } from './session.ts';

export interface Ministack extends Service {
  /** URL at which it answers as DynamoDB, SQS and others, to whatever credentials. */
  readonly endpoint: string;
}

/** Starts MiniStack, fetching it if the cache lacks it. */
export async function ministack({ folder, progress }: Session['place']): Promise<Ministack> {
  const env = process.env;
  requireForExperiments([await findTool('python3', env)]);
  const installed = await installMinistack(cacheFolder(env), env, progress);
  const [port = 0] = await freePorts(1);
  progress('starting MiniStack');
  const part = await startMinistack({
    folder: installed,
    dataDir: folder,
    port,
    env,
    log: () => undefined,
  });
  return { endpoint: `http://127.0.0.1:${port}`, stop: () => part.stop() };
}
