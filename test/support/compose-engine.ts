import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { COMPOSE_CLUSTER_ID, type EngineAddresses } from '../../local/engines/engine.ts';
import { cacheFolder } from '../../local/engines/install.ts';
import { EMBEDDED_CLUSTER_ID, installKafka, startBroker } from '../../local/engines/kafka.ts';
import { installMinistack, startMinistack } from '../../local/engines/ministack.ts';
import { freePorts } from '../../local/engines/ports.ts';
import { findTool } from '../../local/engines/tools.ts';

/** What docker-compose.yml runs, without Docker. */
export interface ComposeEngine extends EngineAddresses {
  stop(): Promise<void>;
}

/** Starts a broker with docker-compose.yml's cluster id and a MiniStack, on free ports, with their data in `dataDir`. */
export async function startComposeEngine(dataDir: string): Promise<ComposeEngine> {
  const env = process.env;
  const quiet = () => undefined;
  const { version: javaVersion = 'unknown' } = await findTool('java', env);
  const kafka = await installKafka(cacheFolder(env), env, quiet);
  const formatted = join(dataDir, 'formatted');
  await cp(kafka.formatted, formatted, { recursive: true });
  for (const properties of [
    join(formatted, 'meta.properties'),
    join(formatted, 'records', 'meta.properties'),
  ]) {
    const ours = (await readFile(properties, 'utf8')).replace(EMBEDDED_CLUSTER_ID, COMPOSE_CLUSTER_ID);
    await writeFile(properties, ours);
  }

  const [port = 0, controllerPort = 0, awsPort = 0] = await freePorts(3);
  const folder = await installMinistack(cacheFolder(env), env, quiet);
  const parts = await Promise.all([
    startBroker({
      install: { ...kafka, formatted },
      dataDir: join(dataDir, 'kafka'),
      port,
      controllerPort,
      javaVersion,
      env,
      log: quiet,
    }),
    startMinistack({ folder, dataDir: join(dataDir, 'ministack'), port: awsPort, env, log: quiet }),
  ]);
  return {
    bootstrapServers: `127.0.0.1:${port}`,
    awsEndpoint: `http://127.0.0.1:${awsPort}`,
    async stop() {
      await Promise.all(parts.map((part) => part.stop()));
    },
  };
}
