import { AlreadyExistsException, CreateEmailIdentityCommand, SESv2Client } from '@aws-sdk/client-sesv2';
import type { EmailIdentityModel } from '../assembly/model.ts';

/** Makes the identities exist, verified, so that functions can send mails from them. Those that exist stay as they are. */
export async function provisionEmailIdentities(
  endpoint: string,
  region: string,
  identities: readonly EmailIdentityModel[],
): Promise<void> {
  if (identities.length === 0) return;
  const client = new SESv2Client({
    endpoint,
    region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  try {
    await Promise.all(identities.map(({ name }) => provisionIdentity(client, name)));
  } finally {
    client.destroy();
  }
}

async function provisionIdentity(client: SESv2Client, name: string): Promise<void> {
  try {
    await client.send(new CreateEmailIdentityCommand({ EmailIdentity: name }));
  } catch (error) {
    if (!(error instanceof AlreadyExistsException)) throw error;
  }
}
