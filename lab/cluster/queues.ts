/** SQS beside the log: queues of MiniStack, for what a queue does otherwise. */
import { randomUUID } from 'node:crypto';
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { REGION } from '../../local/engines/engine.ts';
import { cacheFolder, isCached } from '../../local/engines/install.ts';
import { installMinistack, MINISTACK_PART, startMinistack } from '../../local/engines/ministack.ts';
import { freePorts } from '../../local/engines/ports.ts';
import { findTool, requireUsable } from '../../local/engines/tools.ts';
import type { Service, Session } from './session.ts';

export interface Queues extends Service {
  /** The environment in which an SDK finds it. */
  readonly env: Readonly<Record<string, string>>;
  /** Makes a queue, and gives its URL; it is gone with the service. */
  make(): Promise<string>;
  /** How many messages a queue has, those included that somebody has received and not deleted yet. */
  left(queue: string): Promise<number>;
}

/** Starts MiniStack, fetching it if the cache lacks it. */
export async function queues({ folder, progress }: Session['place']): Promise<Queues> {
  const env = process.env;
  const cache = cacheFolder(env);
  const python = isCached(cache, MINISTACK_PART) ? (['python3'] as const) : (['python3', 'pip'] as const);
  requireUsable(await Promise.all(python.map((tool) => findTool(tool, env))));
  const install = await installMinistack(cache, env, progress);
  const [port = 0] = await freePorts(1);
  progress('starting MiniStack');
  const part = await startMinistack({ folder: install, dataDir: folder, port, env, log: () => undefined });

  const endpoint = `http://127.0.0.1:${port}`;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const sqs = new SQSClient({ endpoint, credentials, region: REGION });
  return {
    env: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
    async make() {
      const { QueueUrl = '' } = await sqs.send(
        new CreateQueueCommand({ QueueName: `orders-${randomUUID()}` }),
      );
      return QueueUrl;
    },
    async left(queue) {
      const { Attributes = {} } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: queue, AttributeNames: ['All'] }),
      );
      const { ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible } = Attributes;
      return Number(ApproximateNumberOfMessages) + Number(ApproximateNumberOfMessagesNotVisible);
    },
    async stop() {
      sqs.destroy();
      await part.stop();
    },
  };
}
