import { z } from 'zod';
import { production, type Stage, sandbox } from './stages.ts';

/** An MSK cluster that is there already, with IAM authentication. */
export interface ExistingCluster {
  readonly arn: string;
  readonly vpcId: string;
  /** Where the relay runs; DynamoDB has to be reachable from them. */
  readonly subnetIds: readonly string[];
  /** Security group of the brokers; it has to admit port 9098 from itself, for the event pollers. */
  readonly securityGroupId: string;
}

/** `create`: the app asks SES for the address of its mails. `existing`: the account has it, or its domain, verified already. */
export type MailIdentity = 'create' | 'existing';

const line = z
  .string('must be a text')
  .trim()
  .min(1, 'must not be empty')
  .max(200, 'must have at most 200 characters');

const EXAMPLE_ADDRESS =
  '{"name":"Shop","line1":"1 Main Street","line2":"optional","city":"Berlin","postalCode":"10115","country":"DE"}';

const ReturnAddress = z.strictObject(
  {
    name: line,
    line1: line,
    line2: line.optional(),
    city: line,
    postalCode: line.optional(),
    country: z.string().regex(/^[A-Z]{2}$/, 'must be two letters of ISO 3166-1, like DE'),
  },
  `must be an object like ${EXAMPLE_ADDRESS}`,
);
/** Who sends the shipments. */
export type ReturnAddress = z.infer<typeof ReturnAddress>;

/** What a deployment is told. */
export interface Settings {
  readonly stage: Stage;
  /** @default - account and region of whoever deploys, known then only */
  readonly environment?: { readonly account: string; readonly region: string };
  /** The address that mails come from. */
  readonly mailFrom: string;
  /** Whether SES is asked for that address, or has it already, or its domain. */
  readonly mailIdentity: MailIdentity;
  /** Whom alarms are mailed to. @default - nobody: the alarm topic has no subscriber */
  readonly alarmEmail?: string;
  /** Who sends, as labels say. @default - none: a deployed stack's labels are refused, the local cloud's have a sample */
  readonly returnAddress?: ReturnAddress;
  /** @default - the app brings a cluster of its own */
  readonly cluster?: ExistingCluster;
  /** Availability zones of the app's own cluster, by the names that this account has for them. @default - the first ones */
  readonly zones?: readonly string[];
  /** A consumer that misbehaves on purpose, for `orderly verify`. @default - none */
  readonly probe?: boolean;
}

const EXAMPLE_SENDER = 'orders@example.com';

const CREDENTIALS = 'set AWS_PROFILE, or what else gives the AWS SDK credentials';

/** Texts with commas between, each of this form. */
const list = (form: RegExp, message: string) =>
  z.preprocess(
    (value) => (typeof value === 'string' ? value.split(',') : value),
    z.array(z.string().regex(form, message)).min(1),
  );

/** An object in cdk.json, or one as JSON after `-c`. */
function jsonOf(value: unknown): unknown {
  try {
    return typeof value === 'string' ? JSON.parse(value) : value;
  } catch {
    return value;
  }
}

/** One address in ASCII, of whatever domain there is; SES and SNS, which write to it before they use it, judge the rest. */
const address = z
  .string()
  .regex(/^[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(\.[\w-]+)+$/, 'must be an e-mail address, in ASCII');

const stageName = z.enum(['sandbox', 'production'], 'must be sandbox or production');

const Context = z.object({
  stage: stageName.default('sandbox'),
  account: z.string().regex(/^\d{12}$/, 'must be 12 digits'),
  // Of every partition: us-gov-west-1, cn-north-1, us-isob-east-1, eusc-de-east-1.
  region: z.string().regex(/^[a-z]{2,}(-[a-z]+)+-\d+$/, 'must be the name of a region, like eu-west-1'),
  zones: list(
    /^[a-z]{2,}(-[a-z]+)+-\d+[a-z]$/,
    'must be names of availability zones, separated by commas, like eu-west-1a,eu-west-1b',
  ),
  mailFrom: address.default(EXAMPLE_SENDER),
  mailIdentity: z.enum(['create', 'existing'], 'must be create or existing').default('create'),
  alarmEmail: address.optional(),
  returnAddress: z.preprocess(jsonOf, ReturnAddress).optional(),
  verify: z.enum(['true', 'false'], 'must be true or false').default('false'),
  clusterArn: z
    .string()
    .regex(
      /^arn:aws[\w-]*:kafka:[\w-]+:\d{12}:cluster\/[\w-]+\/[\w-]+$/,
      'must be the ARN of an MSK cluster: arn:aws:kafka:REGION:ACCOUNT:cluster/NAME/UUID',
    ),
  vpcId: z.string().regex(/^vpc-[0-9a-f]+$/, 'must be the id of a VPC'),
  subnetIds: list(/^subnet-[0-9a-f]+$/, 'must be subnet ids, separated by commas'),
  securityGroupId: z.string().regex(/^sg-[0-9a-f]+$/, 'must be the id of a security group'),
});

const Given = Context.partial({
  account: true,
  region: true,
  zones: true,
  clusterArn: true,
  vpcId: true,
  subnetIds: true,
  securityGroupId: true,
}).transform(({ stage, ...given }, problems): Settings => {
  const refuse = (key: string, message: string) =>
    problems.addIssue({ code: 'custom', path: [key], message, input: undefined });

  if (stage === 'production' && given.mailFrom === EXAMPLE_SENDER)
    refuse('mailFrom', 'must be given for production: -c mailFrom=orders@your.domain');

  const probe = given.verify === 'true';
  if (probe && stage === 'production') refuse('verify', 'is for a sandbox: its consumer fails on purpose');

  const { clusterArn: arn, vpcId, subnetIds, securityGroupId, account, region, zones } = given;
  const cluster =
    arn && vpcId && subnetIds && securityGroupId ? { arn, vpcId, subnetIds, securityGroupId } : undefined;
  const ofCluster = { clusterArn: arn, vpcId, subnetIds, securityGroupId };
  if (!cluster && Object.values(ofCluster).some((value) => value !== undefined)) {
    for (const [key, value] of Object.entries(ofCluster))
      if (value === undefined)
        refuse(
          key,
          'must be given too: a cluster of your own is named by clusterArn, vpcId, subnetIds and securityGroupId',
        );
  }

  if (given.mailIdentity === 'existing' && given.mailFrom === EXAMPLE_SENDER)
    refuse('mailFrom', 'must be given with mailIdentity=existing: -c mailFrom=orders@your.domain');

  if (zones) {
    const { availabilityZones } = (stage === 'production' ? production : sandbox).brokers;
    if (arn) refuse('zones', 'are for a cluster of the app’s own: yours has its subnets');
    else if (new Set(zones).size !== zones.length || zones.length !== availabilityZones)
      refuse('zones', `must be ${availabilityZones} different ones for ${stage}: each has a broker`);
    else if (region && !zones.every((zone) => zone.slice(0, -1) === region))
      refuse('zones', `must be of the region ${region}`);
  }

  // Three zones can only be chosen where the zones are known; a cluster that is there has its own.
  if (stage === 'production' && !cluster) {
    if (account === undefined)
      refuse('account', `must be known for production: ${CREDENTIALS}; or name it: -c account=…`);
    if (region === undefined)
      refuse('region', 'must be known for production: set AWS_REGION, or name it: -c region=…');
  }
  const clusterRegion = arn?.split(':')[3];
  if (clusterRegion && region && clusterRegion !== region)
    refuse('region', `must be the region of the cluster, ${clusterRegion}`);

  return {
    stage: stage === 'production' ? production : sandbox,
    environment: stage === 'production' && account && region ? { account, region } : undefined,
    mailFrom: given.mailFrom,
    mailIdentity: given.mailIdentity,
    alarmEmail: given.alarmEmail,
    returnAddress: given.returnAddress,
    cluster,
    zones,
    probe,
  };
});

const KNOWN: readonly string[] = Object.keys(Context.shape);

/**
 * Reads the settings of a deployment from CDK context (`-c name=value`, or cdk.json), and account and region, where the
 * context has none, from what the CDK CLI found out from the credentials at hand.
 *
 * Throws a `SettingsError` that names what is wrong, a setting that there isn't among it: a misspelt one would deploy the default.
 */
export function readSettings(
  context: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>>,
): Settings {
  // What CDK and its feature flags keep in the context has a colon, a slash or a dash in its name.
  const unknown = Object.keys(context).filter((key) => /^\w+$/.test(key) && !KNOWN.includes(key));
  const parsed = Given.safeParse({
    ...context,
    account: context.account ?? env.CDK_DEFAULT_ACCOUNT,
    region: context.region ?? env.CDK_DEFAULT_REGION,
  });
  const zones = parsed.success ? unknownZones(parsed.data, context, env) : [];
  if (parsed.success && unknown.length === 0 && zones.length === 0) return parsed.data;
  const problems = [
    ...zones,
    ...unknown.map((key) => `  ${key} is no setting: there are ${KNOWN.join(', ')}`),
    ...(parsed.error?.issues ?? []).map(({ path, message }) => `  ${path.join('.')} ${message}`),
  ];
  throw new SettingsError(['The CDK context is not valid:', ...problems].join('\n'));
}

/** Zones that CDK would have to look up and can't: its CLI always finds a region, and an account with credentials alone. */
function unknownZones(
  { environment, cluster, zones }: Settings,
  context: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  if (environment === undefined || cluster !== undefined || zones !== undefined) return [];
  if (env.CDK_DEFAULT_REGION === undefined || env.CDK_DEFAULT_ACCOUNT !== undefined) return [];
  const { account, region } = environment;
  if (`availability-zones:account=${account}:region=${region}` in context) return [];
  return [
    `  account ${account} has zones in ${region} that have to be looked up, and there are no credentials: ${CREDENTIALS}; or name them: -c zones=…`,
  ];
}

/** The settings of a deployment are wrong: `message` says all there is to know, so where it was found is of no interest. */
export class SettingsError extends Error {
  readonly code = 'SETTINGS_INVALID';

  constructor(message: string) {
    super(message);
    this.name = 'SettingsError';
  }
}
