import { MARK_MS } from '../../../../../functions/ledger/act-once.ts';
import type { ClaimChange, LedgerRow } from '../../../../../functions/ledger/ledger.ts';
import { type mailModel, mailTwin, SEND_MS } from './mail-model.ts';

type MailOptions = NonNullable<Parameters<typeof mailModel>[0]>;
type MailTwin = NonNullable<MailOptions['twin']>;

/** The twin with its way of replacing a claim changed; undefined: as it should. */
function replacing(
  change: (rows: Map<string, LedgerRow>, key: string, change: ClaimChange) => 'replaced' | undefined,
): MailOptions {
  const twin: MailTwin = (world, delivery) => {
    const ports = mailTwin(world, delivery);
    return {
      ...ports,
      replace: async (changes) => {
        const done = [...changes].filter(([key, one]) => change(world.rows, key, one) === 'replaced');
        const rest = new Map([...changes].filter(([key]) => !done.some(([other]) => other === key)));
        return new Map([
          ...(await ports.replace(rest)),
          ...done.map(([key]) => [key, { kind: 'replaced' }] as const),
        ]);
      },
    };
  };
  return { twin };
}

/** The protocol with one of its rules broken each, by name of what it does. */
export const mutants: Readonly<Record<string, MailOptions>> = {
  'claims whatever stands there': {
    twin: (world, delivery) => ({
      ...mailTwin(world, delivery),
      insert: async (rows) => {
        for (const [key, row] of rows) world.rows.set(key, row);
        return new Map([...rows].map(([key]) => [key, { kind: 'inserted' }]));
      },
    }),
  },
  'takes over and gives back whatever stands there': replacing((rows, key, { to }) => {
    rows.set(key, to);
    return 'replaced';
  }),
  'marks only while the claim is its own': {
    twin: (world, delivery) => ({
      ...mailTwin(world, delivery),
      put: async (marks) => {
        for (const [key, mark] of marks) {
          const row = world.rows.get(key);
          if (row?.status === 'CLAIMED' && row.owner === delivery) world.rows.set(key, mark);
        }
        return new Map();
      },
    }),
  },
  'takes every lease for past': {
    twin: (world, delivery) => {
      const ports = mailTwin(world, delivery);
      return {
        ...ports,
        read: async (keys) =>
          new Map(
            [...(await ports.read(keys))].map(([key, read]) => [
              key,
              read.kind === 'found' && read.row.status === 'CLAIMED'
                ? { kind: 'found', row: { ...read.row, leaseUntil: 0 } }
                : read,
            ]),
          ),
        replace: async (changes) =>
          ports.replace(
            new Map(
              [...changes].map(([key, { from, to }]) => {
                const row = world.rows.get(key);
                const same = row?.status === 'CLAIMED' && row.owner === from.owner;
                return [key, { from: same ? row : from, to }];
              }),
            ),
          ),
      };
    },
  },
  'gives back by deleting what stands there': replacing((rows, key, { to }) => {
    if (to.leaseUntil > 0) return undefined;
    rows.delete(key);
    return 'replaced';
  }),
  'gives back by settling': replacing((rows, key, { to }) => {
    if (to.leaseUntil > 0) return undefined;
    rows.set(key, { status: 'SENT' });
    return 'replaced';
  }),
  'gives back what it should hold back': replacing((rows, key, { to }) => {
    if (to.unanswered === 0 || to.owner !== 'nobody') return undefined;
    rows.set(key, { ...to, leaseUntil: 0 });
    return 'replaced';
  }),
  'acts under its own old claim': replacing((_rows, _key, { from, to }) =>
    to.owner === from.owner && to.leaseUntil > from.leaseUntil && from.leaseUntil > 0
      ? 'replaced'
      : undefined,
  ),
  'leaves no time for the mark': { deadlineMs: SEND_MS - MARK_MS },
};
