import {
  BatchExecuteStatementCommand,
  type BatchExecuteStatementCommandOutput,
  type BatchStatementResponse,
  type QueryCommand,
} from '@aws-sdk/client-dynamodb';
import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { Item } from '../../functions/dynamodb.ts';
import { s3ManifestFiles, type UtcDay } from '../../functions/manifest/files.ts';
import { dynamoDbManifestShipments } from '../../functions/manifest/shipments.ts';
import { writeManifests } from '../../functions/manifest/write-manifests.ts';
import { OrderId } from '../../functions/orders/ids.ts';
import { AWAITING_CARRIER, dynamoDbShipments, SHIPMENT_KEY } from '../../functions/shipping/shipments.ts';
import { clientWith, simulatedDynamoDb } from '../simulator/dynamodb/client.ts';
import type { Command } from '../simulator/dynamodb/commands.ts';
import { recordedLog } from './recorded-log.ts';
import { orderIdOf } from './shipments.ts';

/** The request that is about to be carried out: `Query`, `PutObject`; and what it says, as JSON. */
interface ManifestRequest {
  readonly name: string;
  readonly says: string;
}
/** Comes between a request and its effect, and between the effect and what follows. */
export type Between = <Answer>(send: () => Promise<Answer>, request: ManifestRequest) => Promise<Answer>;

const atOnce: Between = (send) => send();

/**
 * Shipments and a bucket, which outlive whoever writes manifests: each run has clients of its own, with something in `between`.
 * `isIndexed` says of which shipments the index knows already. As it must not be: assignments `without` a part of their condition, and
 * a bucket in which the last draft stands.
 */
export function manifestWorld(
  shipments: readonly Item[],
  {
    isIndexed = () => true,
    without = '',
    lastStands = false,
  }: {
    readonly isIndexed?: (item: Item) => boolean;
    readonly without?: string;
    readonly lastStands?: boolean;
  } = {},
) {
  const { client, tables } = simulatedDynamoDb({
    tables: {
      Shipments: {
        hash: SHIPMENT_KEY,
        indexes: { Awaiting: { hash: AWAITING_CARRIER, range: { name: 'createdAt', type: 'S' } } },
      },
    },
    isIndexed,
  });
  const put = (item: Item) => tables.Shipments.write(item, item);
  for (const item of shipments) put(item);
  const bucket = bucketInMemory({ lastStands });
  const { logger, lines } = recordedLog();

  /** Writes the manifests of a day. A batch of statements may be done in part: each is a request here. */
  const run = (day: UtcDay, between: Between = atOnce) => {
    const through = async (command: Command): Promise<object> => {
      const send = (one: Command) =>
        between(() => client.send(one as QueryCommand), {
          name: one.constructor.name.replace('Command', ''),
          says: JSON.stringify(one.input),
        });
      if (!(command instanceof BatchExecuteStatementCommand)) return send(command);
      const answers: BatchStatementResponse[] = [];
      for (const statement of command.input.Statements ?? []) {
        const Statement = statement.Statement?.replace(without, '');
        const one = new BatchExecuteStatementCommand({ Statements: [{ ...statement, Statement }] });
        const { Responses = [] } = (await send(one)) as BatchExecuteStatementCommandOutput;
        answers.push(...Responses);
      }
      return { Responses: answers };
    };
    return writeManifests(day, {
      shipments: dynamoDbManifestShipments(clientWith(through), { table: 'Shipments', index: 'Awaiting' }),
      files: s3ManifestFiles(bucket.client(between), 'manifests', {
        sleep: async () => undefined,
        random: () => 0,
      }),
      logger,
    });
  };
  return {
    run,
    put,
    item: (item: Item) => tables.Shipments.get(item),
    items: () => [...tables.Shipments.items.values()],
    /** By their keys in the bucket. */
    files: () =>
      Object.fromEntries([...bucket.objects].filter(([key]) => key.startsWith('manifests/')).sort()),
    /** Everything that was ever written under a key. */
    written: bucket.written,
    lines,
    async cancel(item: Item) {
      const orderId = OrderId.parse(orderIdOf(item));
      await dynamoDbShipments(client, 'Shipments').cancel({
        orderId,
        cancelledAt: '2026-03-02T00:15:00.000Z',
      });
    },
  };
}
export type ManifestWorld = ReturnType<typeof manifestWorld>;

/**
 * A bucket as S3 is to a manifest: strongly consistent, and with conditional writes
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html). Other requests are refused by name.
 */
export function bucketInMemory({ lastStands = false } = {}) {
  const objects = new Map<string, string>();
  const written = new Map<string, Set<string>>();
  const refused = (name: string) =>
    new S3ServiceException({ name, $fault: 'client', $metadata: {}, message: name });
  async function execute(command: unknown): Promise<object> {
    if (command instanceof ListObjectsV2Command) {
      const { Prefix: prefix = '' } = command.input;
      return {
        Contents: [...objects.keys()].filter((key) => key.startsWith(prefix)).map((Key) => ({ Key })),
      };
    }
    if (command instanceof GetObjectCommand) {
      const content = objects.get(command.input.Key ?? '');
      if (content === undefined) throw refused('NoSuchKey');
      return { Body: { transformToString: async () => content } };
    }
    if (command instanceof PutObjectCommand) {
      const { Key: key = '', Body: body, IfNoneMatch: unless } = command.input;
      if (unless === '*' && !lastStands && objects.has(key)) throw refused('PreconditionFailed');
      objects.set(key, String(body));
      written.set(key, new Set([...(written.get(key) ?? []), String(body)]));
      return {};
    }
    throw new TypeError(`the bucket knows no ${(command as object).constructor.name}`);
  }
  const client = (between: Between = atOnce): S3Client =>
    Object.create(S3Client.prototype, {
      send: {
        value: (command: PutObjectCommand) =>
          between(() => execute(command), {
            name: command.constructor.name.replace('Command', ''),
            says: JSON.stringify(command.input),
          }),
      },
    });
  return { client, objects, written };
}
