import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DeleteTableCommand, DynamoDBClient, paginateListTables } from '@aws-sdk/client-dynamodb';
import {
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListBucketsCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';
import { DeleteEmailIdentityCommand, ListEmailIdentitiesCommand, SESv2Client } from '@aws-sdk/client-sesv2';
import type { Admin } from 'kafkajs';
import { z } from 'zod';
import type { CloudModel } from '../assembly/model.ts';
import { composeDown, composeUp, toRun, toStart } from '../command-line.ts';
import { LocalCloudError } from '../errors.ts';
import { readJsonFile, writeJsonFile } from '../json.ts';
import { kafkaClient } from '../kafka/client.ts';
import { COMPOSE_CLUSTER_ID, type Engine, REGION } from './engine.ts';
import { clusterIdOf } from './external.ts';

const Names = z.array(z.string());
const Holdings = z.object({
  topics: Names,
  groups: Names,
  tables: Names,
  buckets: Names,
  emailIdentities: Names,
});
/** What a local cloud keeps in an engine, by name. */
export type Holdings = z.infer<typeof Holdings>;

const Held = Holdings.extend({
  bootstrapServers: z.string(),
  awsEndpoint: z.string(),
  /** Found on docker-compose.yml's ports, not named by a person. */
  adopted: z.boolean(),
});
/** The holdings in one engine that outlives the local cloud. */
export type Held = z.infer<typeof Held>;

type Place = Pick<Engine, 'bootstrapServers' | 'awsEndpoint'>;

/** Everything of a model that an engine keeps. */
function holdingsOf({ topics, mappings, tables, buckets, emailIdentities }: CloudModel): Holdings {
  const names = (models: readonly { readonly name: string }[]) => models.map(({ name }) => name);
  return {
    topics: names(topics),
    groups: mappings.flatMap((mapping) => (mapping.kind === 'kafka' ? [mapping.groupId] : [])),
    tables: names(tables),
    buckets: names(buckets),
    emailIdentities: names(emailIdentities),
  };
}

const fileIn = (stateDir: string) => join(stateDir, 'engines.json');

/**
 * What the local cloud of a state folder has in engines that it found running. `CONFIG_INVALID` if the note of it can't be read:
 * to take that for nothing would leave behind what nobody knows of.
 */
export function readHeld(stateDir: string): readonly Held[] {
  const held = readJsonFile(fileIn(stateDir), z.array(Held), {
    what: 'The note of what this folder has in running engines',
    remedy: `Mend it, or delete it: ${toRun('reset')} then leaves what it named, which for docker-compose.yml goes by ${composeDown()}`,
  });
  return held ?? [];
}

/**
 * Notes, before anything is made, what a local cloud is going to have in an engine that outlives it, beside what earlier
 * starts had there: `millrace reset` deletes this and nothing else. A topic that no template declares is noted only if it
 * isn't there yet; otherwise it is somebody else's.
 */
export async function noteHoldings(engine: Engine, model: CloudModel, stateDir: string): Promise<Holdings> {
  const wanted = holdingsOf(model);
  const there = new Set((await foundOf(engine, wanted)).topics);
  const foreign = model.topics.filter(({ name, undeclared }) => undeclared && there.has(name));
  const own = without(wanted, { topics: foreign.map(({ name }) => name) });

  const noted = readHeld(stateDir);
  const isHere = (held: Held) =>
    held.bootstrapServers === engine.bootstrapServers && held.awsEndpoint === engine.awsEndpoint;
  const { bootstrapServers, awsEndpoint, adopted } = engine;
  const held = { bootstrapServers, awsEndpoint, adopted, ...merged(own, noted.find(isHere)) };
  // What half a note doesn't name would stay in the engine for good.
  writeJsonFile(fileIn(stateDir), [...noted.filter((one) => !isHere(one)), held]);
  return own;
}

/**
 * For a local cloud that leaves nothing behind: what it is going to make in the engine, all of it new. ENGINE_NOT_EMPTY,
 * with names, if any of it is there already.
 */
export async function newHoldings(engine: Engine, model: CloudModel): Promise<Holdings> {
  const wanted = holdingsOf(model);
  const found = await foundOf(engine, wanted);
  // An identity is no data. One that is there stays.
  const { emailIdentities, ...data } = found;
  if (!isNothing(data)) {
    throw new LocalCloudError(
      'ENGINE_NOT_EMPTY',
      `${placeOf(engine)} has data of this app already: ${describeHoldings(data)}. Nothing of it was touched.`,
      {
        remedy: [
          'To keep it, run this on an engine of its own: without --engine external.',
          `To forget it: ${toRun('reset')} in the folder that it is from, or ${composeDown()} && ${composeUp()}`,
        ],
      },
    );
  }
  return without(wanted, { emailIdentities });
}

/**
 * Deletes holdings from an engine that goes on running; what isn't there is no error. ALREADY_RUNNING, and nothing is
 * deleted, if a consumer group has members: then another local cloud works on it.
 */
export async function deleteHoldings(engine: Place, holdings: Holdings): Promise<void> {
  const there = await foundOf(engine, holdings);
  await withAdmin(engine, async (admin) => {
    await refuseInUse(admin, there.groups);
    if (there.groups.length > 0) await admin.deleteGroups(there.groups);
    if (there.topics.length > 0) await admin.deleteTopics({ topics: there.topics });
  });
  await withAws(engine, async ({ dynamodb, s3, ses }) => {
    for (const TableName of there.tables) await dynamodb.send(new DeleteTableCommand({ TableName }));
    for (const Bucket of there.buckets) await deleteBucket(s3, Bucket);
    for (const EmailIdentity of there.emailIdentities)
      await ses.send(new DeleteEmailIdentityCommand({ EmailIdentity }));
  });
}

/**
 * Whether an engine is docker-compose.yml's, which `millrace reset` may empty: adopted then, and known by its cluster id
 * now. `silent` if it doesn't answer.
 */
export async function isCompose({ adopted, bootstrapServers }: Held): Promise<boolean | 'silent'> {
  if (!adopted) return false;
  const clusterId = await clusterIdOf(bootstrapServers);
  return clusterId === undefined ? 'silent' : clusterId === COMPOSE_CLUSTER_ID;
}

/** `topics a, b; tables c`; what there is nothing of is left out. */
export function describeHoldings(holdings: Partial<Holdings>): string {
  const words = {
    topics: holdings.topics,
    'consumer groups': holdings.groups,
    tables: holdings.tables,
    buckets: holdings.buckets,
    'mail identities': holdings.emailIdentities,
  };
  return Object.entries(words)
    .flatMap(([word, names = []]) => (names.length > 0 ? [`${word} ${names.join(', ')}`] : []))
    .join('; ');
}

const LOOK_EVERY_MS = 3_000;
/** An engine that is just starting may answer before it has read what it keeps. */
const LOOKS = 3;

/**
 * Resolves when an engine that answers has lost all tables or all topics of a running local cloud: its volumes were
 * deleted, or it was killed before it had saved anything. An engine that is away, as in a restart, has lost nothing.
 */
export async function untilEmptied(
  engine: Place,
  holdings: Holdings,
  unwanted: AbortSignal,
): Promise<LocalCloudError | undefined> {
  for (let empty = 0; !unwanted.aborted; ) {
    await delay(LOOK_EVERY_MS, undefined, { signal: unwanted, ref: false }).catch(() => undefined);
    const found = await foundOf(engine, { ...holdings, groups: [], buckets: [], emailIdentities: [] }).catch(
      () => undefined,
    );
    const gone: Partial<Holdings> = {
      ...(found?.topics.length === 0 && { topics: holdings.topics }),
      ...(found?.tables.length === 0 && { tables: holdings.tables }),
    };
    empty = isNothing(gone) ? 0 : empty + 1;
    if (empty === LOOKS && !unwanted.aborted) return emptied(engine, gone);
  }
  return undefined;
}

function emptied(engine: Place, gone: Partial<Holdings>): LocalCloudError {
  return new LocalCloudError(
    'ENGINE_EMPTIED',
    `${placeOf(engine)} was emptied under the running local cloud: gone are ${describeHoldings(gone)}.`,
    { remedy: [`They are made again at the next start: ${toStart()}`] },
  );
}

/** What of it the engine has. */
async function foundOf(engine: Place, wanted: Holdings): Promise<Holdings> {
  const [kafka, aws] = await Promise.all([
    withAdmin(engine, async (admin) => ({
      topics: wanted.topics.length > 0 ? await admin.listTopics() : [],
      groups: wanted.groups.length > 0 ? (await admin.listGroups()).groups.map(({ groupId }) => groupId) : [],
    })),
    withAws(engine, async ({ dynamodb, s3, ses }) => ({
      tables: wanted.tables.length > 0 ? await tablesIn(dynamodb) : [],
      buckets:
        wanted.buckets.length > 0
          ? ((await s3.send(new ListBucketsCommand({}))).Buckets ?? []).map(({ Name = '' }) => Name)
          : [],
      emailIdentities:
        wanted.emailIdentities.length > 0
          ? ((await ses.send(new ListEmailIdentitiesCommand({ PageSize: 1000 }))).EmailIdentities ?? []).map(
              ({ IdentityName = '' }) => IdentityName,
            )
          : [],
    })),
  ]);
  return mapped(wanted, (kind, names) => {
    const there = new Set<string>({ ...kafka, ...aws }[kind]);
    return names.filter((name) => there.has(name));
  });
}

async function tablesIn(client: DynamoDBClient): Promise<readonly string[]> {
  const tables: string[] = [];
  for await (const { TableNames = [] } of paginateListTables({ client }, {})) tables.push(...TableNames);
  return tables;
}

async function refuseInUse(admin: Admin, groups: readonly string[]): Promise<void> {
  if (groups.length === 0) return;
  const described = (await admin.describeGroups([...groups])).groups;
  const busy = described.filter(({ members }) => members.length > 0).map(({ groupId }) => groupId);
  if (busy.length === 0) return;
  throw new LocalCloudError(
    'ALREADY_RUNNING',
    `Another local cloud works on this engine: ${describeHoldings({ groups: busy })} has members. Nothing was deleted.`,
    {
      remedy: ['End it first. One that was killed is forgotten by the broker within half a minute.'],
      retriable: true,
    },
  );
}

async function deleteBucket(s3: S3Client, Bucket: string): Promise<void> {
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket })) {
    const Objects = Contents.map(({ Key }) => ({ Key }));
    if (Objects.length > 0) await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  }
  await s3.send(new DeleteBucketCommand({ Bucket }));
}

async function withAdmin<T>({ bootstrapServers }: Place, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafkaClient({ bootstrapServers, clientId: 'millrace' }).admin();
  try {
    await admin.connect();
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

interface AwsClients {
  readonly dynamodb: DynamoDBClient;
  readonly s3: S3Client;
  readonly ses: SESv2Client;
}

async function withAws<T>(
  { awsEndpoint: endpoint }: Place,
  use: (clients: AwsClients) => Promise<T>,
): Promise<T> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const config = { endpoint, region: REGION, credentials };
  const clients = {
    dynamodb: new DynamoDBClient(config),
    s3: new S3Client({ ...config, forcePathStyle: true }),
    ses: new SESv2Client(config),
  };
  try {
    return await use(clients);
  } finally {
    for (const client of Object.values(clients)) client.destroy();
  }
}

const placeOf = ({ bootstrapServers, awsEndpoint }: Place) =>
  `The engine at ${bootstrapServers} and ${awsEndpoint}`;

const kinds = ['topics', 'groups', 'tables', 'buckets', 'emailIdentities'] as const;

function mapped(
  holdings: Holdings,
  change: (kind: keyof Holdings, names: readonly string[]) => string[],
): Holdings {
  return {
    topics: change('topics', holdings.topics),
    groups: change('groups', holdings.groups),
    tables: change('tables', holdings.tables),
    buckets: change('buckets', holdings.buckets),
    emailIdentities: change('emailIdentities', holdings.emailIdentities),
  };
}

const without = (holdings: Holdings, excluded: Partial<Holdings>): Holdings =>
  mapped(holdings, (kind, names) => names.filter((name) => excluded[kind]?.includes(name) !== true));

const merged = (some: Holdings, more: Holdings | undefined): Holdings =>
  mapped(some, (kind, names) => [...new Set([...(more?.[kind] ?? []), ...names])]);

const isNothing = (holdings: Partial<Holdings>): boolean =>
  kinds.every((kind) => (holdings[kind] ?? []).length === 0);
