import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { awsClient } from '../deadline.ts';
import { AccountRefusal } from '../kafka/outcome.ts';
import type { Logger } from '../logger.ts';
import { codeOf } from '../transient.ts';
import type { SendMail } from './mails.ts';

/** Milliseconds within which a send has ended, one way or the other. */
export const SEND_DEADLINE_MS = 7_000;

/**
 * The SES client of a function: a request is sent once.
 *
 * SES knows no idempotency token, so to send again after a lost answer can send twice: that is for the ledger to decide,
 * not for the SDK.
 */
export function sesClient(): SESv2Client {
  return awsClient(SESv2Client, { attempts: 1, attemptMs: 5_000, callMs: SEND_DEADLINE_MS });
}

/**
 * What is wrong with an account that refuses a mail for its own sake, by a code of ours, and what is to be done. Nothing is
 * lost meanwhile: the records wait.
 */
const REMEDIES = {
  IDENTITY_NOT_VERIFIED:
    'an address is not verified in SES: follow the link that SES sent to the sender; in the SES sandbox recipients have to be verified too, so ask for production access',
  DOMAIN_NOT_VERIFIED: 'the MAIL FROM domain of the sender is not verified in SES: look at its MX record',
  SENDING_PAUSED:
    'sending is paused in SES, for the account or its configuration set: look at the reputation dashboard, resume it',
  ACCOUNT_SUSPENDED:
    'SES has shut the account down for sending: answer the mail that AWS has sent to its owner',
  QUOTA_USED_UP: 'the quota of mails a day is used up: ask SES for a larger one, or wait',
  NOT_FOUND: 'the sender’s identity or a configuration set is missing in SES in this region: deploy again',
  NOT_PERMITTED:
    'SES takes no request of this function: look at ses:SendEmail in its role, and at the account',
} as const;
type AccountTrouble = keyof typeof REMEDIES;

/** What a refusal is about: the account, whatever the mail; this mail alone; or `undefined`, and nobody knows. */
export type RefusalIsAbout = { readonly account: AccountTrouble } | 'mail' | undefined;

/**
 * Names of exceptions that say what they are about: those of `SendEmail`
 * (https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html), those of every action
 * (https://docs.aws.amazon.com/ses/latest/APIReference-V2/CommonErrors.html), and their spellings of SES's first version.
 */
const BY_NAME: ReadonlyMap<string, AccountTrouble> = new Map([
  ['AccountSuspendedException', 'ACCOUNT_SUSPENDED'],
  ['SendingPausedException', 'SENDING_PAUSED'],
  ['AccountSendingPausedException', 'SENDING_PAUSED'],
  ['ConfigurationSetSendingPausedException', 'SENDING_PAUSED'],
  ['MailFromDomainNotVerifiedException', 'DOMAIN_NOT_VERIFIED'],
  ['LimitExceededException', 'QUOTA_USED_UP'],
  ['NotFoundException', 'NOT_FOUND'],
  ['ConfigurationSetDoesNotExistException', 'NOT_FOUND'],
  ['AccessDenied', 'NOT_PERMITTED'],
  ['AccessDeniedException', 'NOT_PERMITTED'],
  ['NotAuthorized', 'NOT_PERMITTED'],
  ['OptInRequired', 'NOT_PERMITTED'],
  ['SubscriptionRequiredException', 'NOT_PERMITTED'],
  ['UnrecognizedClientException', 'NOT_PERMITTED'],
  ['InvalidClientTokenId', 'NOT_PERMITTED'],
  ['InvalidSignatureException', 'NOT_PERMITTED'],
  ['IncompleteSignature', 'NOT_PERMITTED'],
]);

/**
 * Messages that say what the others are about: `MessageRejected`, `BadRequestException` and what limits the rate stand for
 * both (https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html,
 * https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html). The first that fits holds.
 */
const BY_MESSAGE: readonly (readonly [RegExp, RefusalIsAbout])[] = [
  [/not verified/i, { account: 'IDENTITY_NOT_VERIFIED' }],
  [/\b(account|sending)\b.*\b(suspended|shut down)\b/i, { account: 'ACCOUNT_SUSPENDED' }],
  [/\b(account|sending)\b.*\b(paused|disabled)\b/i, { account: 'SENDING_PAUSED' }],
  [/\bquota\b/i, { account: 'QUOTA_USED_UP' }],
  [/configuration set|\bidentity\b|\btenant\b/i, { account: 'NOT_FOUND' }],
  // Of a recipient: the sender's address was good enough to make an identity of.
  [/\b(address|domain|local part|user name|suppression list)\b/i, 'mail'],
  [/\b(virus|malware|invalid content)\b/i, 'mail'],
];
const BOTH: ReadonlySet<string> = new Set([
  'MessageRejected',
  'BadRequestException',
  'TooManyRequestsException',
  'ThrottlingException',
  'Throttling',
]);

/**
 * What an error of `SendEmail` is about, by its name, else by its message.
 *
 * What is not known stays what it is, for `isTransient` to judge: too many mails a second pass by themselves, and an
 * exception that nobody expected makes no dead letters as long as no mail goes out (kafka/suspicion.ts).
 */
export function aboutOf(error: unknown): RefusalIsAbout {
  if (!(error instanceof Error)) return undefined;
  const account = BY_NAME.get(error.name);
  if (account !== undefined) return { account };
  if (!BOTH.has(error.name)) return undefined;
  return BY_MESSAGE.find(([pattern]) => pattern.test(error.message))?.[1];
}

/**
 * Sends by SES v2 in the name of `from`; the mail's header `X-Order-Event` says which event it answers.
 *
 * What is wrong with the account is told once, in a line with its remedy, until a mail goes out again.
 *
 * @throws {AccountRefusal} whatever the mail, for one of the reasons of `REMEDIES`
 */
export function sesSender(client: Pick<SESv2Client, 'send'>, from: string, logger: Logger): SendMail {
  let told: AccountTrouble | undefined;
  return async ({ eventId, to, subject, text, html }) => {
    try {
      await client.send(
        new SendEmailCommand({
          FromEmailAddress: from,
          Destination: { ToAddresses: [to] },
          Content: {
            Simple: {
              Subject: utf8(subject),
              Body: { Text: utf8(text), Html: utf8(html) },
              Headers: [{ Name: 'X-Order-Event', Value: eventId }],
            },
          },
        }),
      );
      told = undefined;
      return undefined;
    } catch (error) {
      const about = aboutOf(error);
      if (about === undefined) throw error;
      if (about === 'mail') return { code: codeOf(error) };
      const { account } = about;
      if (told !== account) logger.error(`mails wait: ${REMEDIES[account]}`, { code: account });
      told = account;
      throw new AccountRefusal(account, error);
    }
  };
}

const utf8 = (data: string) => ({ Data: data, Charset: 'UTF-8' });
