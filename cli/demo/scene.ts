import { outputNamed } from '../../local/cli/app.ts';
import { sentMails } from '../../local/cli/mailbox.ts';
import type { LocalCloud } from '../../local/cloud.ts';
import { LocalCloudError } from '../../local/errors.ts';
import { openApi } from '../api.ts';
import { type CheckoutClient, checkoutClient } from '../checkout-client.ts';
import { type TablesWitness, tablesWitness } from './tables.ts';
import { type TopicWitness, topicWitness } from './topic.ts';

/** Everything the demo acts on and looks at: the API, and the tables and the topic with clients of its own. */
export interface Scene {
  /** When nothing has moved for so many milliseconds, what isn't there will not come. */
  readonly stalledMs: number;
  readonly checkout: CheckoutClient;
  readonly tables: TablesWitness;
  readonly topic: TopicWitness;
  /** The topic's consumer groups. */
  readonly groups: readonly string[];
  /** Mails that somebody had sent before. */
  readonly mailsBefore: number;
  /** Names of the tables. */
  readonly names: TableNames;
  close(): Promise<void>;
}

interface TableNames {
  readonly orders: string;
  readonly outbox: string;
  readonly shipments: string;
  readonly emailLedger: string;
  readonly deadLetters: string;
}

/** Opens the scene of a running cloud; tables are found by the outputs of the app's stacks. */
export async function openScene(cloud: LocalCloud, stalledMs: number): Promise<Scene> {
  const names = tableNames(cloud);
  const { topic: topicName, groups } = consumedTopic(cloud);
  const checkout = checkoutClient(openApi(apiOf(cloud)));
  const tables = tablesWitness(cloud.engine.awsEndpoint, cloud.engine.region);
  const mailsBefore = (await sentMails(cloud.engine.awsEndpoint, cloud.engine.account)).length;
  const topic = await topicWitness(cloud.engine.bootstrapServers, topicName);
  return {
    stalledMs,
    checkout,
    tables,
    topic,
    groups,
    mailsBefore,
    names,
    async close() {
      tables.close();
      await topic.close();
    },
  };
}

function tableNames({ model }: LocalCloud): TableNames {
  const output = (name: string) => outputNamed(model.outputs, name);
  return {
    orders: output('OrdersTable'),
    outbox: output('OutboxTable'),
    shipments: output('ShipmentsTable'),
    emailLedger: output('EmailLedgerTable'),
    deadLetters: output('DeadLettersTable'),
  };
}

/** The topic that is read by most groups. */
function consumedTopic({ model }: LocalCloud): { topic: string; groups: readonly string[] } {
  const groups = new Map<string, string[]>();
  for (const mapping of model.mappings) {
    if (mapping.kind === 'kafka')
      groups.set(mapping.topic, [...(groups.get(mapping.topic) ?? []), mapping.groupId]);
  }
  const [most] = [...groups].sort(([, a], [, b]) => b.length - a.length);
  if (most === undefined) throw notThisApp('the app consumes no topic');
  return { topic: most[0], groups: most[1] };
}

function apiOf({ apis }: LocalCloud): string {
  const [api] = apis;
  if (api === undefined) throw notThisApp('the app has no HTTP API');
  return api.url;
}

function notThisApp(message: string): LocalCloudError {
  return new LocalCloudError('CONFIG_INVALID', message, {
    remedy: ['The demo counts the effects of this project’s order system; run it on its own assembly.'],
  });
}
