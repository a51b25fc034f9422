import type { Mail, Mark } from '../../checker/observation.ts';
import { eventOfClaim } from '../../checker/rows.ts';
import { readMail } from './mail-provider.ts';
import type { DoneRequest } from './requests.ts';

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
