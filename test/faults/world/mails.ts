import { once } from 'node:events';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import type { Mail, Mark } from '../../checker/observation.ts';
import { eventOfClaim, kindOfMail } from '../../checker/rows.ts';
import type { DoneRequest } from './requests.ts';

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
function readMail(body: string): Pick<Mail, 'eventId' | 'kind' | 'to'> {
  const { Destination, Content } = SendEmail.parse(JSON.parse(body));
  const { Subject, Headers } = Content.Simple;
  return {
    eventId: Headers.find(({ Name }) => Name === 'X-Order-Event')?.Value ?? 'no event',
    kind: kindOfMail(Subject.Data),
    to: Destination.ToAddresses.join(' '),
  };
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Sees what email has done, request by request. */
export interface MailWitness {
  /** Mails that the provider took, and marks that the ledger took, in the order in which they did. */
  readonly mails: readonly Mail[];
  readonly marks: readonly Mark[];
  /** The process that made claims under this owner; undefined if none was seen. */
  ownerOf(owner: string): number | undefined;
  /** To be told of every request of email that was carried out. */
  done(request: DoneRequest): void;
}

export function mailWitness(): MailWitness {
  const mails: Mail[] = [];
  const marks: Mark[] = [];
  const owners = new Map<string, number>();
  return {
    mails,
    marks,
    ownerOf: (owner) => owners.get(owner.match(UUID)?.[0] ?? ''),
    done({ operation, asked, pid, isAnswered }) {
      const at = Date.now();
      if (operation.includes('/v2/email')) {
        const sent = { at, process: String(pid), isAnswered, isLate: false, isReplayed: false };
        mails.push({ ...readMail(asked), ...sent });
      }
      // An owner is seen first where he claims, and then also where somebody takes his claim over.
      if (operation === 'BatchExecuteStatement') {
        for (const owner of asked.match(UUID) ?? []) if (!owners.has(owner)) owners.set(owner, pid);
      }
      if (operation === 'BatchWriteItem') {
        for (const eventId of marked(asked)) marks.push({ eventId, process: String(pid), at });
      }
    },
  };
}

interface Puts {
  readonly RequestItems: Readonly<
    Record<
      string,
      readonly { readonly PutRequest?: { readonly Item: Readonly<Record<string, { S?: string }>> } }[]
    >
  >;
}

/** The events whose mails a BatchWriteItem says were sent. */
function marked(asked: string): readonly string[] {
  const { RequestItems } = JSON.parse(asked) as Puts;
  return Object.values(RequestItems)
    .flat()
    .flatMap(({ PutRequest }) =>
      PutRequest?.Item.status?.S === 'SENT' ? [PutRequest.Item.eventKey?.S ?? ''] : [],
    )
    .map(eventOfClaim);
}
