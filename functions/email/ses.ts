import { BadRequestException, MessageRejected, SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { awsClient } from '../deadline.ts';
import type { SendMail } from './mail.ts';

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

/** Sends by SES v2 in the name of `from`; the mail's header `X-Order-Event` says which event it answers. */
export function sesSender(client: SESv2Client, from: string): SendMail {
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
      return undefined;
    } catch (error) {
      if (error instanceof MessageRejected || error instanceof BadRequestException)
        return { code: error.name };
      throw error;
    }
  };
}

const utf8 = (data: string) => ({ Data: data, Charset: 'UTF-8' });
