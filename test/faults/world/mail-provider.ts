import { once } from 'node:events';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import type { Mail } from '../../checker/observation.ts';
import { kindOfMail } from '../../checker/rows.ts';

/** The mail provider: it takes everything, and outlives the local cloud. What goes wrong with it does so on the way. */
export interface MailProvider {
  readonly url: string;
  stop(): Promise<void>;
}

export async function startMailProvider(): Promise<MailProvider> {
  const server = createServer(async (request, response) => {
    await buffer(request);
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ MessageId: 'taken' }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : undefined}`,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const SendEmail = z.object({
  Destination: z.object({ ToAddresses: z.array(z.string()) }),
  Content: z.object({
    Simple: z.object({
      Subject: z.object({ Data: z.string() }),
      Headers: z.array(z.object({ Name: z.string(), Value: z.string() })),
    }),
  }),
});

/** What the body of a SendEmail request says, read as a customer would; the event is the header's. */
export function readMail(body: string): Pick<Mail, 'eventId' | 'kind' | 'to'> {
  const { Destination, Content } = SendEmail.parse(JSON.parse(body));
  const { Subject, Headers } = Content.Simple;
  return {
    eventId: Headers.find(({ Name }) => Name === 'X-Order-Event')?.Value ?? 'no event',
    kind: kindOfMail(Subject.Data),
    to: Destination.ToAddresses.join(' '),
  };
}
