import {
  CloudFormationClient,
  DescribeStacksCommand,
  paginateListStackResources,
} from '@aws-sdk/client-cloudformation';
import { LocalCloudError } from '../../local/errors.ts';
import type { ClientSettings } from './client-settings.ts';

/** A deployed stack as CloudFormation tells it. */
export interface DeployedStack {
  readonly settings: Required<Pick<ClientSettings, 'region' | 'credentials'>>;
  readonly outputs: Readonly<Record<string, string>>;
  /** The physical ids of its event source mappings. */
  mappingIds(): Promise<ReadonlySet<string>>;
}

/**
 * Reads a stack with the credentials and region that the AWS SDK finds: variables, profile, role.
 *
 * Throws `LocalCloudError` `STACK_NOT_FOUND`, `CREDENTIALS_MISSING`, `REGION_MISSING` or `AWS_REFUSED`.
 */
export async function deployedStack(stackName: string): Promise<DeployedStack> {
  const client = new CloudFormationClient({});
  const region = await client.config.region().catch((cause: unknown) => {
    throw new LocalCloudError('REGION_MISSING', `no region is set to look for the stack ${stackName} in`, {
      cause,
      remedy: ['Set AWS_REGION, or AWS_PROFILE to a profile with a region.'],
    });
  });
  const failure = failureOf(stackName, region);
  const { Stacks: [found] = [] } = await client
    .send(new DescribeStacksCommand({ StackName: stackName }))
    .catch(failure);
  if (found === undefined) throw notFound(stackName, region);
  const outputs = (found.Outputs ?? []).map(
    ({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue] as const,
  );
  return {
    settings: { region, credentials: client.config.credentials },
    outputs: Object.fromEntries(outputs),
    async mappingIds() {
      const ids = new Set<string>();
      try {
        for await (const page of paginateListStackResources({ client }, { StackName: stackName })) {
          for (const { ResourceType, PhysicalResourceId } of page.StackResourceSummaries ?? []) {
            if (ResourceType === 'AWS::Lambda::EventSourceMapping') ids.add(PhysicalResourceId ?? '');
          }
        }
      } catch (error) {
        throw failure(error);
      }
      return ids;
    },
  };
}

/** What a failed call means to whoever named the stack. Throws; it returns so that it can be thrown once more. */
function failureOf(stackName: string, region: string): (error: unknown) => never {
  return (cause) => {
    if (!(cause instanceof Error)) throw cause;
    // CloudFormation has no error of its own for it.
    if (cause.name === 'ValidationError' && cause.message.includes('does not exist')) {
      throw notFound(stackName, region);
    }
    if (cause.name === 'CredentialsProviderError') {
      throw new LocalCloudError('CREDENTIALS_MISSING', `no AWS credentials: ${cause.message}`, {
        cause,
        remedy: [
          'Set AWS_PROFILE, log in (aws sso login), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
        ],
      });
    }
    if (REFUSALS.has(cause.name)) {
      throw new LocalCloudError('AWS_REFUSED', `CloudFormation in ${region}: ${cause.message}`, {
        cause,
        remedy: [
          'It takes cloudformation:DescribeStacks and cloudformation:ListStackResources on the stack.',
        ],
      });
    }
    throw cause;
  };
}

const REFUSALS: ReadonlySet<string> = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
]);

function notFound(stackName: string, region: string): LocalCloudError {
  return new LocalCloudError('STACK_NOT_FOUND', `there is no stack ${stackName} in ${region}`, {
    remedy: [
      'Name the stack with the orders, orderly-orders unless it was renamed, and look at AWS_REGION and AWS_PROFILE.',
    ],
  });
}
