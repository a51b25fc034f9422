import {
  CloudFormationClient,
  DescribeStacksCommand,
  paginateListStackResources,
} from '@aws-sdk/client-cloudformation';
import { LocalCloudError } from '../errors.ts';
import type { DeployedApp } from './app.ts';

/**
 * The app of a deployed stack, read with the credentials and region that the AWS SDK finds: variables, profile, role.
 *
 * Throws `LocalCloudError` `STACK_NOT_FOUND`, `CREDENTIALS_MISSING`, `REGION_MISSING` or `AWS_REFUSED`.
 */
export async function deployedApp(stackName: string): Promise<DeployedApp> {
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
  const outputs: Readonly<Record<string, string>> = Object.fromEntries(
    (found.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue] as const),
  );
  const settings = { region, credentials: client.config.credentials };
  const name = `the stack ${stackName} in ${region}`;
  return {
    kind: 'deployed',
    name,
    settings,
    outputs,
    output(wanted) {
      const value = outputs[wanted];
      if (value !== undefined) return value;
      throw new LocalCloudError('CONFIG_INVALID', `${name} has no output ${wanted}`, {
        remedy: [
          'Is it the stack that is meant, and of this version? npx cdk deploy brings its outputs up to date.',
        ],
      });
    },
    dynamodb: settings,
    lambda: settings,
    async mappingFilter() {
      const ids = await mappingIds(client, stackName).catch(failure);
      return (uuid) => ids.has(uuid);
    },
    functionLabel: (functionArn) => functionArn.split(':')[6] ?? functionArn,
  };
}

/** The physical ids of a stack's event source mappings. */
async function mappingIds(client: CloudFormationClient, StackName: string): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for await (const page of paginateListStackResources({ client }, { StackName })) {
    for (const { ResourceType, PhysicalResourceId } of page.StackResourceSummaries ?? []) {
      if (ResourceType === 'AWS::Lambda::EventSourceMapping') ids.add(PhysicalResourceId ?? '');
    }
  }
  return ids;
}

/** What a failed call means to whoever named the stack: throws that. */
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
    remedy: ['npx cdk list names the stacks of an app; look at AWS_REGION and AWS_PROFILE, too.'],
  });
}
