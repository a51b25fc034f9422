import { z } from 'zod';
import { LocalCloudError } from '../errors.ts';

const Mail = z.object({
  To: z.array(z.string()),
  Subject: z.string(),
  BodyText: z.string().nullish(),
  Timestamp: z.union([z.string(), z.number()]),
});
/** A mail as the local mail store keeps it. */
export type Mail = z.infer<typeof Mail>;

const Messages = z.object({ messages: z.record(z.string(), z.array(Mail)) });

/** Every mail that was handed to the engine's SES, oldest first. */
export async function sentMails(awsEndpoint: string, account: string): Promise<readonly Mail[]> {
  const response = await fetch(new URL(`/_ministack/ses/messages?account=${account}`, awsEndpoint));
  if (!response.ok) {
    throw new LocalCloudError(
      'ENGINE_UNREACHABLE',
      `the mail store at ${awsEndpoint} answered ${response.status}`,
      {
        remedy: ['Sent mails can be listed where MiniStack is the engine.'],
      },
    );
  }
  return Messages.parse(await response.json()).messages[account] ?? [];
}
