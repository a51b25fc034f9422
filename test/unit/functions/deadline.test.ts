import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { BatchGetItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { awsClient, endBy } from '../../../functions/deadline.ts';
import { isLostAnswer, isTransient } from '../../../functions/transient.ts';

afterEach(() => vi.unstubAllEnvs());

const ANSWER = JSON.stringify({ MessageId: 'm-1', Responses: {}, UnprocessedKeys: {} });

/** How a server may fail to answer, once it has what it was asked. */
const DEFECTS = {
  'says nothing': () => undefined,
  'sends headers and then nothing': (response) => head(response).flushHeaders(),
  'sends a byte at a time, for ever': (response) => {
    head(response);
    const timer = setInterval(() => response.write(' '), 5);
    response.once('close', () => clearInterval(timer));
  },
  'cuts its answer in the middle': (response) => {
    head(response).write(ANSWER.slice(0, 10), () => response.destroy());
  },
  'ends its answer in the middle': (response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(ANSWER.slice(0, 10));
  },
} satisfies Record<string, (response: ServerResponse) => void>;

function head(response: ServerResponse): ServerResponse {
  return response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': ANSWER.length + 1_000_000,
  });
}

/** An endpoint that answers its first requests in these ways, and all further ones as it should. */
async function endpoint(...defects: ((response: ServerResponse) => void)[]) {
  const seen = { requests: 0, open: 0 };
  const server = createServer((request, response) => {
    request.resume();
    const defect = defects[seen.requests++];
    if (defect === undefined) response.writeHead(200, { 'content-type': 'application/json' }).end(ANSWER);
    else defect(response);
  });
  server.on('connection', (socket) => {
    seen.open++;
    socket.once('close', () => seen.open--);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return seen;
}

const SHORT = { attempts: 1, attemptMs: 250, callMs: 2_000 };

/** One request of each client that a function has. S3's answer is a stream, which is read to its end. */
const REQUESTS = {
  DynamoDB: (patience) => {
    const client = awsClient(DynamoDBClient, patience);
    return client.send(new BatchGetItemCommand({ RequestItems: { t: { Keys: [{ id: { S: '1' } }] } } }));
  },
  SES: (patience) => awsClient(SESv2Client, patience).send(new SendEmailCommand({ Content: {} })),
  S3: async (patience) => {
    const client = awsClient(S3Client, patience);
    const { Body } = await client.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'key' }));
    return await Body?.transformToString();
  },
} satisfies Record<string, (patience: typeof SHORT) => Promise<unknown>>;

describe.each(Object.entries(REQUESTS))('a request to %s', (service, request) => {
  // A stream that is cut at a place that looks like its end is for its reader to know.
  const defects = Object.entries(DEFECTS).filter(
    ([name]) => service !== 'S3' || name !== 'ends its answer in the middle',
  );
  it.each(defects)('whose server %s ends in time, may have happened, and passes', async (_name, defect) => {
    const seen = await endpoint(defect);
    const startedAt = performance.now();
    const error = await request(SHORT).then(
      () => undefined,
      (failure: unknown) => failure,
    );
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect([isLostAnswer(error), isTransient(error)]).toEqual([true, true]);
    expect(seen.requests).toBeLessThan(2);
  });
});

describe('a call', () => {
  it.each(['sends headers and then nothing', 'cuts its answer in the middle'] as const)(
    'is sent again by the SDK where its server %s',
    async (name) => {
      const seen = await endpoint(DEFECTS[name]);
      await REQUESTS.DynamoDB({ attempts: 3, attemptMs: 500, callMs: 10_000 });
      expect(seen.requests).toBeGreaterThan(1);
    },
  );

  it('ends with its deadline whatever the SDK is at', async () => {
    await endpoint(...Array.from({ length: 9 }, () => DEFECTS['says nothing']));
    const call = REQUESTS.DynamoDB({ attempts: 9, attemptMs: 10, callMs: 60 });
    await expect(call).rejects.toMatchObject({ code: 'TimeoutError', retriable: true });
  });

  it('ends with the signal that it is given, closes its connection and sends nothing more', async () => {
    const trickle = DEFECTS['sends a byte at a time, for ever'];
    const seen = await endpoint(trickle, trickle);
    const client = awsClient(SESv2Client, { attempts: 2, attemptMs: 60_000, callMs: 60_000 });
    const controller = new AbortController();
    const call = client.send(new SendEmailCommand({ Content: {} }), { abortSignal: controller.signal });
    const ended = expect(call).rejects.toMatchObject({ code: 'TimeoutError' });
    await expect.poll(() => seen.open).toBe(1);
    controller.abort();
    await ended;
    await expect.poll(() => seen.open).toBe(0);
    expect(seen.requests).toBeLessThan(2);
  });
});

describe('endBy', () => {
  it('is what the work ends as, or a timeout', async () => {
    const never = new Promise<never>(() => undefined);
    const ample = AbortSignal.timeout(10_000);
    await expect(endBy(ample, async () => 1)).resolves.toBe(1);
    await expect(endBy(ample, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(endBy(AbortSignal.timeout(1), () => never)).rejects.toMatchObject({ code: 'TimeoutError' });
  });

  it('begins nothing when it is too late', async () => {
    const begun: string[] = [];
    const work = async () => void begun.push('work');
    await expect(endBy(AbortSignal.abort(), work)).rejects.toMatchObject({ code: 'TimeoutError' });
    expect(begun).toEqual([]);
  });
});

it('no function makes a client of the AWS SDK in another way', () => {
  const folder = new URL('../../../functions/', import.meta.url);
  const made = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) =>
      [...readFileSync(new URL(file, folder), 'utf8').matchAll(/new (\w*Client)\(/g)].map(
        ([, name]) => `${file}: ${name}`,
      ),
    );
  expect(made).toEqual(['deadline.ts: Client']);
});
