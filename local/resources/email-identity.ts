import { environmentTexts } from './function.ts';
import { harmless, honoured, label, readProperties, textInTemplate } from './properties.ts';
import {
  clientConfig,
  name,
  type Part,
  placeOf,
  type ResourceType,
  readEach,
  withClient,
} from './resource-type.ts';

/** An address or domain that mails may come from; verified at once here. */
export interface EmailIdentityModel extends Part {
  /** The address or the domain. */
  readonly name: string;
}

const properties = {
  EmailIdentity: honoured(textInTemplate),
  ...harmless(
    'no mail leaves this machine',
    'ConfigurationSetAttributes',
    'DkimAttributes',
    'DkimSigningAttributes',
    'FeedbackAttributes',
    'MailFromAttributes',
  ),
  ...label('Tags'),
};

/** Addresses and domains that mails may come from: verified as soon as they are made. */
export const emailIdentities: ResourceType<EmailIdentityModel> = {
  word: 'email identity',
  types: {
    'AWS::SES::EmailIdentity': { nameProperty: 'EmailIdentity', nameLimit: 320, ref: name, attributes: {} },
  },
  namesInUse: environmentTexts,
  read: ({ scope, ofType }) =>
    readEach(ofType('AWS::SES::EmailIdentity'), (resource) => {
      const { value, findings } = readProperties(scope, resource, properties);
      return { model: value && { ...placeOf(resource), name: value.EmailIdentity }, findings };
    }),
  async provision(engine, models) {
    const { SESv2 } = await import('@aws-sdk/client-sesv2');
    await withClient(new SESv2(clientConfig(engine)), models, async (ses, { name }) => {
      try {
        await ses.createEmailIdentity({ EmailIdentity: name });
      } catch (error) {
        if (!(error instanceof Error && error.name === 'AlreadyExistsException')) throw error;
      }
    });
    return {};
  },
};
