import { sentMails } from '../../local/cli/mailbox.ts';
import type { Engine } from '../../local/engines/engine.ts';
import type { MailObservation } from './observation.ts';

const ORDER_ID = /ord_[0-9a-z]{26}/;

/** Counts the mails of the mail store by order, judged by their subjects as a customer would, without the first `before`. */
export async function observeMails(
  { awsEndpoint, account }: Pick<Engine, 'awsEndpoint' | 'account'>,
  before: number,
): Promise<MailObservation> {
  const thankYou = new Map<string, number>();
  const cancellation = new Map<string, number>();
  let unknown = 0;
  for (const { Subject: subject } of (await sentMails(awsEndpoint, account)).slice(before)) {
    const orderId = ORDER_ID.exec(subject)?.[0];
    const kind = /thank you/i.test(subject) ? thankYou : /cancel/i.test(subject) ? cancellation : undefined;
    if (orderId === undefined || kind === undefined) unknown++;
    else kind.set(orderId, (kind.get(orderId) ?? 0) + 1);
  }
  return { thankYou, cancellation, unknown };
}
