import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/** An SES endpoint of the test's own: it outlives the engine, whose mail store doesn't outlive it. */
export interface MailServer {
  readonly url: string;
  /** When each mail came in, in epoch milliseconds, by the event that it answers. */
  readonly mails: ReadonlyMap<string, readonly number[]>;
}

/** Starts a server that takes every SES v2 `SendEmail`; it ends with the test. */
export async function mailServer(): Promise<MailServer> {
  const mails = new Map<string, number[]>();
  const server = createServer(async (request, response) => {
    const eventId = /"X-Order-Event","Value":"([^"]+)"/.exec(await text(request))?.[1] ?? 'no event';
    mails.set(eventId, [...(mails.get(eventId) ?? []), Date.now()]);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ MessageId: eventId }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return { url: `http://127.0.0.1:${port}`, mails };
}
