import type { Item } from '../dynamodb.ts';
import type { LedgerRow, Owner, SettledStatus } from './claim.ts';

/** The partition key of a ledger. */
export const LEDGER_KEY = 'eventKey';

/** Days a row stays after its last change: longer than the topic keeps records and letters are replayed. */
const RETENTION_DAYS = 90;

/** The item of a row; `expiresAt` is DynamoDB's TTL in epoch seconds. */
export function itemOf(key: string, row: LedgerRow, now: number): Item {
  return {
    [LEDGER_KEY]: { S: key },
    status: { S: row.status },
    ...(row.status === 'CLAIMED' && {
      owner: { S: row.owner },
      leaseUntil: { N: String(row.leaseUntil) },
      unanswered: { N: String(row.unanswered) },
    }),
    updatedAt: { S: new Date(now).toISOString() },
    expiresAt: { N: String(Math.ceil(now / 1000) + RETENTION_DAYS * 86_400) },
  };
}

/** @throws {TypeError} for an item that this ledger didn't write. */
export function rowOf(item: Item): LedgerRow {
  const status = item.status?.S;
  if (isSettled(status)) return { status };
  const [owner, leaseUntil, unanswered] = [
    item.owner?.S,
    Number(item.leaseUntil?.N),
    Number(item.unanswered?.N),
  ];
  if (status !== 'CLAIMED' || owner === undefined || Number.isNaN(leaseUntil + unanswered)) {
    throw new TypeError('an item of the ledger has no known status, or a claim without owner or lease');
  }
  return { status, owner: owner as Owner, leaseUntil, unanswered };
}

function isSettled(status: string | undefined): status is SettledStatus {
  return status === 'SENT' || status === 'SUPPRESSED';
}
