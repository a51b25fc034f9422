import type { OrderCancelledData } from '../orders/events.ts';
import type { EventId } from '../orders/ids.ts';
import { formatMoney } from '../orders/money.ts';
import { htmlMail, shown } from './html.ts';
import type { Mail } from './mail.ts';

const TITLE = 'Your order is cancelled';

/** The mail that confirms a cancellation. */
export function cancellationMail(eventId: EventId, order: OrderCancelledData): Mail {
  const total = formatMoney(order.total, order.currency);
  return {
    eventId,
    to: order.email,
    subject: `Your order ${order.orderId} is cancelled`,
    text: `Hello,

your order is cancelled. Nothing will be shipped.

Order number: ${order.orderId}
Total: ${total}

Questions? Reply to this mail and tell us your order number.
`,
    html: htmlMail(
      TITLE,
      `<p>Hello,</p>
<p>your order is cancelled. Nothing will be shipped.</p>
<p>Order number: <strong>${order.orderId}</strong><br>Total: ${shown(total)}</p>`,
    ),
  };
}
