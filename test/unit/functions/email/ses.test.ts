import type { SESv2Client } from '@aws-sdk/client-sesv2';
import { describe, expect, it } from 'vitest';
import type { Mail } from '../../../../functions/email/mails.ts';
import { aboutOf, type RefusalIsAbout, sesSender } from '../../../../functions/email/ses.ts';
import { AccountRefusal } from '../../../../functions/kafka/outcome.ts';
import type { EventId } from '../../../../functions/orders/ids.ts';
import { recordedConsumer } from '../../../support/consumer.ts';

/** As the SDK makes it of SES's answer. */
const refusal = (name: string, message: string) =>
  Object.assign(new Error(message), { name, $fault: 'client', $metadata: { httpStatusCode: 400 } });

const CHECK_FAILED = 'The following identities failed the check in region US-EAST-1: a@example.com';
const INBOX =
  'For more information, please check the inbox of the email address associated with your AWS account.';

/** Messages as SES has been seen to write them, or as its pages have them. */
const REFUSALS: readonly (readonly [name: string, message: string, RefusalIsAbout])[] = [
  ['MessageRejected', `Email address is not verified. ${CHECK_FAILED}`, { account: 'IDENTITY_NOT_VERIFIED' }],
  ['BadRequestException', 'Email address is not verified.', { account: 'IDENTITY_NOT_VERIFIED' }],
  ['MessageRejected', `Sending paused for this account. ${INBOX}`, { account: 'SENDING_PAUSED' }],
  ['SendingPausedException', 'Sending paused for this account.', { account: 'SENDING_PAUSED' }],
  [
    'AccountSendingPausedException',
    'Email sending for the account is paused.',
    { account: 'SENDING_PAUSED' },
  ],
  [
    'BadRequestException',
    'Email sending is disabled for the configuration set',
    { account: 'SENDING_PAUSED' },
  ],
  ['MessageRejected', `Sending suspended for this account. ${INBOX}`, { account: 'ACCOUNT_SUSPENDED' }],
  ['AccountSuspendedException', 'x', { account: 'ACCOUNT_SUSPENDED' }],
  ['MailFromDomainNotVerifiedException', 'x', { account: 'DOMAIN_NOT_VERIFIED' }],
  ['LimitExceededException', 'Daily message quota exceeded.', { account: 'QUOTA_USED_UP' }],
  ['TooManyRequestsException', 'Daily message quota exceeded.', { account: 'QUOTA_USED_UP' }],
  ['ThrottlingException', 'Daily message quota exceeded', { account: 'QUOTA_USED_UP' }],
  ['NotFoundException', 'Configuration set <x> does not exist.', { account: 'NOT_FOUND' }],
  ['BadRequestException', 'Configuration set <x> does not exist.', { account: 'NOT_FOUND' }],
  ['AccessDeniedException', 'User is not authorized to perform ses:SendEmail', { account: 'NOT_PERMITTED' }],
  ['UnrecognizedClientException', 'The security token is invalid', { account: 'NOT_PERMITTED' }],
  ['BadRequestException', 'Illegal address', 'mail'],
  ['BadRequestException', 'Invalid email address .', 'mail'],
  ['BadRequestException', 'Missing domain', 'mail'],
  ['BadRequestException', "Missing final '@domain'", 'mail'],
  ['BadRequestException', 'Domain contains illegal character', 'mail'],
  ['BadRequestException', 'Local address contains control or whitespace', 'mail'],
  ['BadRequestException', 'User name is missing: @example.com', 'mail'],
  ['MessageRejected', 'Address is on the suppression list', 'mail'],
  ['MessageRejected', 'The message contains a virus', 'mail'],
  ['TooManyRequestsException', 'Maximum sending rate exceeded.', undefined],
  ['ThrottlingException', 'Rate exceeded', undefined],
  ['MessageRejected', 'Something that nobody has seen', undefined],
  ['BadRequestException', 'Message length is more than 10485760 bytes long', undefined],
  ['InternalServiceErrorException', 'address', undefined],
  ['TypeError', 'address of undefined', undefined],
];

describe('a refusal of SES', () => {
  it.each(REFUSALS)('%s, %s', (name, message, about) => {
    expect(aboutOf(refusal(name, message))).toEqual(about);
  });

  it('is about nothing that is known where it is no error', () => {
    expect(aboutOf('no')).toBeUndefined();
  });
});

describe('sesSender', () => {
  const mail: Mail = {
    eventId: 'ord_x.1' as EventId,
    to: 'ada@example.com',
    subject: 's',
    text: 't',
    html: 'h',
  };

  /** A sender whose provider answers so, one answer after another, and what it logs. */
  function sender(...answers: readonly (Error | undefined)[]) {
    const { ports, lines } = recordedConsumer();
    const left = [...answers];
    const client = {
      send: async () => {
        const answer = left.shift();
        if (answer !== undefined) throw answer;
        return {};
      },
    } as unknown as SESv2Client;
    const send = sesSender(client, 'orders@example.com', ports.logger);
    return { send: () => send(mail), codes: () => lines.map(({ fields }) => fields?.code), lines };
  }

  const unverified = refusal('MessageRejected', `Email address is not verified. ${CHECK_FAILED}`);
  const paused = refusal('SendingPausedException', 'x');

  it('answers with a refusal where the mail is to blame, and logs nothing', async () => {
    const { send, lines } = sender(refusal('BadRequestException', 'Illegal address'), undefined);
    expect(await send()).toEqual({ code: 'BadRequestException' });
    expect(await send()).toBeUndefined();
    expect(lines).toEqual([]);
  });

  it('throws what passes when somebody acts where the account is to blame, and names the remedy once', async () => {
    const { send, codes, lines } = sender(unverified, unverified, paused, undefined, paused);
    await expect(send()).rejects.toThrow(AccountRefusal);
    await expect(send()).rejects.toMatchObject({ code: 'IDENTITY_NOT_VERIFIED', retriable: true });
    await expect(send()).rejects.toMatchObject({ code: 'SENDING_PAUSED', cause: paused });
    await send();
    await expect(send()).rejects.toThrow(AccountRefusal);
    expect(codes()).toEqual(['IDENTITY_NOT_VERIFIED', 'SENDING_PAUSED', 'SENDING_PAUSED']);
    expect(lines[0]?.message).toContain('ask for production access');
    expect(JSON.stringify(lines)).not.toContain('a@example.com');
  });

  it('throws whatever else it meets as it is', async () => {
    const other = refusal('MessageRejected', 'Something that nobody has seen');
    await expect(sender(other).send()).rejects.toBe(other);
  });
});
