import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { EventSource } from '../workloads/event-source.ts';

const OFFLINE_PLUGIN = '@gabrielgollo/serverless-offline-kafka@1.0.5';
/** What is installed to run it, nothing of it into this project. */
export const OFFLINE_PACKAGES = [OFFLINE_PLUGIN, 'serverless-offline@13.9.0'];

/** The part of the Serverless Framework that the plugin and serverless-offline's Lambda touch. */
interface ServerlessPlugin {
  readonly hooks: Readonly<Record<string, () => Promise<void>>>;
}
type PluginClass = new (serverless: object, options: object) => ServerlessPlugin;

/**
 * The npm package, run as `serverless offline start` runs it: its class is made with a Serverless object and its hook
 * `offline:start:init` is called. It consumes, batches and calls serverless-offline's worker thread by its own code; only
 * the framework's command line is left out, and the lines it would print are counted instead of printed.
 */
export const offlinePlugin: EventSource = async (assignment, onHandled) => {
  const { bootstrapServers, topic, groupId, batchSize, codeDir, handler, packageDir } = assignment;
  const load: (id: string) => PluginClass = createRequire(join(packageDir, 'package.json'));
  const Plugin = load(OFFLINE_PLUGIN.slice(0, OFFLINE_PLUGIN.lastIndexOf('@')));
  const consumer = {
    name: 'bench-consumer',
    handler: `index.${handler}`,
    events: [
      {
        kafka: {
          topic,
          bootstrapServers: [bootstrapServers],
          consumerGroupId: groupId,
          startingPosition: 'TRIM_HORIZON',
          batchSize,
        },
      },
    ],
  };
  const serverless = {
    cli: {
      log(line: string) {
        const records = /handled consumer with (\d+) records/.exec(line)?.[1];
        if (records !== undefined) onHandled(Number(records));
        else if (line.includes('[error]')) throw new Error(line);
      },
    },
    config: { serverlessPath: packageDir, servicePath: codeDir },
    service: {
      service: 'bench',
      provider: { name: 'aws', region: 'us-east-1', runtime: 'nodejs22.x' },
      custom: { 'serverless-offline-kafka': { autoCreateTopics: false, disableSaslAuth: true } },
      functions: { consumer },
      getAllFunctions: () => ['consumer'],
      getFunction: () => consumer,
    },
  };
  const options = { host: '127.0.0.1', lambdaPort: 0, terminateIdleLambdaTime: 60 };
  await new Plugin(serverless, options).hooks['offline:start:init']?.();
};
