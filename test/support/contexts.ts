/** Context of the production stage, with the look-up that the CDK CLI would make for it. */
export const PRODUCTION = {
  stage: 'production',
  account: '123456789012',
  region: 'eu-west-1',
  mailFrom: 'orders@shop.example',
  alarmEmail: 'ops@shop.example',
  returnAddress: {
    name: 'Käsekönig Versand',
    line1: 'Lagerstraße 12',
    city: 'Hamburg',
    postalCode: '20357',
    country: 'DE',
  },
  'availability-zones:account=123456789012:region=eu-west-1': ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'],
};

/** Context that names a cluster which is there already. */
export const EXISTING_CLUSTER = {
  clusterArn: 'arn:aws:kafka:eu-west-1:123456789012:cluster/shared/11111111-2222-3333-4444-555555555555-6',
  vpcId: 'vpc-0123456789abcdef0',
  subnetIds: 'subnet-0aaaaaaaaaaaaaaaa,subnet-0bbbbbbbbbbbbbbbb',
  securityGroupId: 'sg-0123456789abcdef0',
};

/** Context of an account that has its sender already, and whose first zones are not for MSK. */
const SENDER_AND_ZONES = {
  mailFrom: 'orders@shop.example',
  mailIdentity: 'existing',
  zones: 'us-east-1b,us-east-1d',
};

/** Everything that the app can be synthesized as, by name. */
export const OPTIONS = {
  sandbox: {},
  'the sandbox with a probe': { verify: 'true' },
  'the sandbox with a sender and zones of one’s own': SENDER_AND_ZONES,
  production: PRODUCTION,
  'sandbox on a cluster of one’s own': EXISTING_CLUSTER,
  'production on a cluster of one’s own': { ...PRODUCTION, ...EXISTING_CLUSTER },
} as const satisfies Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export type Option = keyof typeof OPTIONS;
