import { describe, expect, it } from 'vitest';
import { cancellationMail, type Mail, thankYouMail } from '../../../../functions/email/mails.ts';
import type { OrderEvent } from '../../../../functions/orders/events.ts';
import { anOrder, orderBody, orderCancelled, orderPlaced } from '../../../support/orders.ts';

function mailOf(event: OrderEvent): Mail {
  return event.type === 'OrderPlaced'
    ? thankYouMail(event.eventId, event.data)
    : cancellationMail(event.eventId, event.data);
}

const body = orderBody();
const thanks = (change: object = {}) => mailOf(orderPlaced(anOrder('mail', { ...body, ...change })));
const goodbye = (change: object = {}) => mailOf(orderCancelled(anOrder('mail', { ...body, ...change })));

describe('thankYouMail', () => {
  it('reads as a person would want it', () => {
    expect(thanks({ shippingAddress: { ...body.shippingAddress, line2: 'c/o Example' } })).toMatchSnapshot();
  });

  it('names lines and total in the currency of the order, with its digits', () => {
    const lines = [{ sku: 'A', name: 'Tea', quantity: 2, unitPrice: 1250 }];
    expect(thanks({ lines }).text).toContain('2 x Tea at €12.50: €25.00');
    expect(thanks({ lines, currency: 'JPY' }).text).toContain('2 x Tea at ¥1,250: ¥2,500');
    expect(thanks({ lines, currency: 'KWD' }).text).toMatch(/Total: KWD\s2\.500/);
  });

  it('leaves out the postal code that an address does not have', () => {
    const { postalCode: _, ...address } = body.shippingAddress;
    const mail = thanks({ shippingAddress: { ...address, city: 'Hong Kong', country: 'HK' } });
    expect(mail.text).toContain('\n  Hong Kong\n  HK\n');
    expect(mail.html).toContain('<br>Hong Kong<br>HK</p>');
  });

  it('escapes what a customer wrote, and shows what hides in it', () => {
    const name = '<script>alert("1")</script>\u202e\r\nBcc: x';
    const mail = thanks({
      shippingAddress: { ...body.shippingAddress, name, city: '<b>' },
      lines: [{ sku: 'A', name, quantity: 1, unitPrice: 1 }],
    });
    expect(mail.html).not.toMatch(/<script|<b>|\u202e/);
    expect(mail.html).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;[U+202E 000D 000A]Bcc: x');
    expect(mail.text).not.toMatch(/\u202e|\r|\nBcc/);
  });
});

describe('cancellationMail', () => {
  it('reads as a person would want it', () => {
    expect(goodbye()).toMatchSnapshot();
  });
});

describe.each([
  ['thank-you', thanks],
  ['cancellation', goodbye],
])('%s', (_name, mail) => {
  it('goes to the customer, about one event, under a subject of one line that names the order', () => {
    const { orderId } = anOrder('mail');
    const { to, eventId, subject } = mail();
    expect(to).toBe('anna@example.com');
    expect(eventId).toMatch(new RegExp(`^${orderId}\\.[12]$`));
    expect(subject).toContain(orderId);
    expect(subject).not.toMatch(/[\r\n]/);
  });
});
