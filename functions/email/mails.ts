import escapeHtml from 'escape-html';
import type { Refusal } from '../kafka/once-each.ts';
import type { OrderCancelledData, OrderPlacedData } from '../orders/events.ts';
import type { EventId } from '../orders/ids.ts';
import { formatMoney } from '../orders/money.ts';
import { visible } from '../orders/text.ts';

/** A mail to a customer about one event of an order. */
export interface Mail {
  readonly eventId: EventId;
  readonly to: string;
  /** One line. */
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Sends a mail, or answers why the provider will never take it. Throws where it may or may not have been sent, or may be later. */
export type SendMail = (mail: Mail) => Promise<Refusal | undefined>;

const THANK_YOU = 'Thank you for your order';

/** The mail that thanks for an order and says what was ordered, for how much and where it goes. */
export function thankYouMail(eventId: EventId, order: OrderPlacedData): Mail {
  return {
    eventId,
    to: order.email,
    subject: `${THANK_YOU} ${order.orderId}`,
    text: textOf(order),
    html: htmlMail(THANK_YOU, htmlOf(order)),
  };
}

function textOf(order: OrderPlacedData): string {
  const lines = linesOf(order).map(({ quantity, name, unitPrice, amount }) =>
    quantity === 1
      ? `  1 x ${visible(name)}: ${amount}`
      : `  ${quantity} x ${visible(name)} at ${unitPrice}: ${amount}`,
  );
  return `Hello ${visible(order.shippingAddress.name)},

thank you for your order. We are getting it ready.

Order number: ${order.orderId}
Placed on: ${dateOf(order)}

${lines.join('\n')}

  Total: ${formatMoney(order.total, order.currency)}

We will ship it to:

${addressOf(order)
  .map((line) => `  ${visible(line)}`)
  .join('\n')}

Questions? Reply to this mail and tell us your order number.
`;
}

function htmlOf(order: OrderPlacedData): string {
  const rows = linesOf(order).map(
    ({ quantity, name, unitPrice, amount }) =>
      `<tr><td style="${CELL}">${quantity} &times; ${shown(name)}</td>` +
      `<td style="${CELL};${NUMBER}">${shown(unitPrice)}</td><td style="${CELL};${NUMBER}">${shown(amount)}</td></tr>`,
  );
  return `<p>Hello ${shown(order.shippingAddress.name)},</p>
<p>we are getting your order ready.</p>
<p>Order number: <strong>${order.orderId}</strong><br>Placed on: ${dateOf(order)}</p>
<table style="width:100%;border-collapse:collapse">
<tr><th style="${CELL};text-align:left">Item</th><th style="${CELL};${NUMBER}">Price</th><th style="${CELL};${NUMBER}">Amount</th></tr>
${rows.join('\n')}
<tr><td colspan="2" style="${CELL}"><strong>Total</strong></td><td style="${CELL};${NUMBER}"><strong>${shown(formatMoney(order.total, order.currency))}</strong></td></tr>
</table>
<p>We will ship it to:</p>
<p style="padding-left:16px">${addressOf(order).map(shown).join('<br>')}</p>`;
}

const CELL = 'padding:8px 4px;border-bottom:1px solid #ddd';
const NUMBER = 'text-align:right;white-space:nowrap';

function linesOf({ lines, currency }: OrderPlacedData) {
  return lines.map(({ quantity, name, unitPrice }) => ({
    quantity,
    name,
    unitPrice: formatMoney(unitPrice, currency),
    amount: formatMoney(quantity * unitPrice, currency),
  }));
}

function addressOf({ shippingAddress }: OrderPlacedData): string[] {
  const { name, line1, line2, city, postalCode, country } = shippingAddress;
  const place = postalCode === undefined ? city : `${postalCode} ${city}`;
  return [name, line1, ...(line2 === undefined ? [] : [line2]), place, country];
}

/** The day in UTC, so that every copy of a mail says the same. Made once: it takes longer to make than a mail. */
const DAY = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'UTC' });

function dateOf({ placedAt }: OrderPlacedData): string {
  return DAY.format(new Date(placedAt));
}

const CANCELLED = 'Your order is cancelled';

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
      CANCELLED,
      `<p>Hello,</p>
<p>your order is cancelled. Nothing will be shipped.</p>
<p>Order number: <strong>${order.orderId}</strong><br>Total: ${shown(total)}</p>`,
    ),
  };
}

/** A customer's text as HTML shows it. */
const shown = (text: string): string => escapeHtml(visible(text));

/** The frame of every mail: `title` is plain text, `body` HTML. Styles stand inline, as mail clients drop all others. */
function htmlMail(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
</head>
<body style="margin:0;padding:24px;background:#f4f4f2;color:#222;font:16px/1.5 Helvetica,Arial,sans-serif">
<div style="max-width:560px;margin:0 auto;padding:24px;background:#fff;border-radius:8px">
<h1 style="margin:0 0 16px;font-size:22px">${escapeHtml(title)}</h1>
${body}
<p style="margin:24px 0 0;color:#666;font-size:14px">Questions? Reply to this mail and tell us your order number.</p>
</div>
</body>
</html>
`;
}
