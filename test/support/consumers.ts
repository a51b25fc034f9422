import type { Item } from '../../functions/dynamodb.ts';
import { emailHandler } from '../../functions/email/email.ts';
import type { Mail, SendMail } from '../../functions/email/mails.ts';
import type { ConsumerPorts, KafkaHandler } from '../../functions/kafka/consume.ts';
import type { Ledger, LedgerRow } from '../../functions/ledger/ledger.ts';
import { shippingHandler } from '../../functions/shipping/shipping.ts';
import { inMemoryLedger } from './in-memory-ledger.ts';
import { inMemoryShipments } from './in-memory-shipments.ts';

/** Shipping over shipments in memory. */
export function shippingOver(ports: ConsumerPorts): {
  readonly handler: KafkaHandler;
  readonly items: Map<string, Item>;
  effects(): number;
} {
  const items = new Map<string, Item>();
  const handler = shippingHandler({ ...ports, shipments: inMemoryShipments(items) });
  return { handler, items, effects: () => items.size };
}

export interface EmailParts {
  readonly ledger: Ledger;
  readonly sendMail: SendMail;
}

/** Email over a ledger in memory and a provider that keeps what it gets. */
export function emailOver(
  ports: ConsumerPorts,
  replace: (parts: EmailParts) => Partial<EmailParts> = () => ({}),
): {
  readonly handler: KafkaHandler;
  readonly rows: Map<string, LedgerRow>;
  readonly sent: Mail[];
  effects(): number;
} {
  const rows = new Map<string, LedgerRow>();
  const sent: Mail[] = [];
  const parts: EmailParts = {
    ledger: inMemoryLedger(rows),
    sendMail: async (mail) => {
      sent.push(mail);
      return undefined;
    },
  };
  const handler = emailHandler({
    ...ports,
    ...parts,
    ...replace(parts),
    sendDeadlineMs: 7_000,
  });
  return { handler, rows, sent, effects: () => sent.length };
}
