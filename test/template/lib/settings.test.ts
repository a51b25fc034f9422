import { describe, expect, it } from 'vitest';
import { readSettings, SettingsError } from '../../../lib/settings.ts';
import { EXISTING_CLUSTER, PRODUCTION } from '../../support/contexts.ts';

const read = (context: Readonly<Record<string, unknown>>, env = {}) => readSettings(context, env);

describe('the settings of a deployment', () => {
  it('are the sandbox, with a cluster of its own, unless something is said', () => {
    expect(read({})).toMatchObject({
      stage: { name: 'sandbox' },
      mailFrom: 'orders@example.com',
      environment: undefined,
      cluster: undefined,
    });
  });

  it('leave alone what CDK keeps in the context', () => {
    const context = { 'aws:cdk:bundling-stacks': [], '@aws-cdk/core:checkSecretUsage': true };
    expect(read(context).stage.name).toBe('sandbox');
  });

  it('take account and region of production from the credentials at hand', () => {
    const { account, region, ...others } = PRODUCTION;
    expect(read(others, { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region })).toMatchObject({
      stage: { name: 'production' },
      environment: { account, region },
    });
  });

  it('leave the sandbox to whatever account deploys it', () => {
    const env = { CDK_DEFAULT_ACCOUNT: '123456789012', CDK_DEFAULT_REGION: 'eu-west-1' };
    expect(read({}, env).environment).toBeUndefined();
  });

  it('say who sends, as an object of cdk.json or as JSON on the command line', () => {
    const { returnAddress } = PRODUCTION;
    expect(read({ returnAddress }).returnAddress).toEqual(returnAddress);
    expect(read({ returnAddress: JSON.stringify(returnAddress) }).returnAddress).toEqual(returnAddress);
    expect(read({}).returnAddress).toBeUndefined();
  });

  it.each(['orders@xn--80a1acny.xn--p1ai', 'orders+shop@example.co.uk', "o'neill@example.com"])(
    'take an address whatever its domain: %s',
    (address) => {
      expect(read({ mailFrom: address, alarmEmail: address })).toMatchObject({
        mailFrom: address,
        alarmEmail: address,
      });
    },
  );

  it.each([
    'a@b.de, c@d.de',
    'Shop <orders@example.com>',
    'orders@müller.de',
    'orders@localhost',
    'a@b@c.de',
  ])('take one address in ASCII and nothing else: %s', (mailFrom) => {
    expect(() => read({ mailFrom })).toThrow(/mailFrom must be an e-mail address/);
  });

  it('name a cluster of one’s own by four values', () => {
    expect(read(EXISTING_CLUSTER).cluster).toEqual({
      arn: EXISTING_CLUSTER.clusterArn,
      vpcId: EXISTING_CLUSTER.vpcId,
      subnetIds: ['subnet-0aaaaaaaaaaaaaaaa', 'subnet-0bbbbbbbbbbbbbbbb'],
      securityGroupId: EXISTING_CLUSTER.securityGroupId,
    });
  });

  it.each([
    ['a stage that there isn’t', { stage: 'staging' }, /stage must be sandbox or production/],
    ['a setting that there isn’t', { stagee: 'production' }, /stagee is no setting: there are stage, /],
    ['callers who bring tokens', { jwtIssuer: 'https://login.example.com/' }, /jwtIssuer is no setting/],
    [
      'a setting that there isn’t beside a wrong one',
      { foo: 'bar', stage: 'staging' },
      /foo is no setting[\s\S]*stage must be/,
    ],
    ['a sender that is no address', { mailFrom: 'shop' }, /mailFrom must be an e-mail address/],
    [
      'a receiver of alarms that is no address',
      { alarmEmail: 'ops' },
      /alarmEmail must be an e-mail address/,
    ],
    [
      'production without a sender',
      { ...PRODUCTION, mailFrom: undefined },
      /mailFrom must be given for production: -c mailFrom=/,
    ],
    [
      'production that does not know where',
      { ...PRODUCTION, account: undefined, region: undefined },
      /account must be known for production[\s\S]*region must be known for production/,
    ],
    ['an account that is none', { ...PRODUCTION, account: '42' }, /account must be 12 digits/],
    [
      'a cluster by its name',
      { ...EXISTING_CLUSTER, clusterArn: 'shared' },
      /clusterArn must be the ARN of an MSK cluster/,
    ],
    [
      'half a cluster',
      { clusterArn: EXISTING_CLUSTER.clusterArn },
      /vpcId must be given too[\s\S]*subnetIds must be given too[\s\S]*securityGroupId must be given too/,
    ],
    ['a network without a cluster', { vpcId: EXISTING_CLUSTER.vpcId }, /clusterArn must be given too/],
    [
      'subnets that are none',
      { ...EXISTING_CLUSTER, subnetIds: 'subnet-0a,b' },
      /subnetIds.* must be subnet ids, separated by commas/,
    ],
    ['zones that are none', { zones: 'eu-west-1' }, /zones.* must be names of availability zones/],
    ['one zone for two brokers', { zones: 'eu-west-1a' }, /zones must be 2 different ones for sandbox/],
    ['a zone twice', { zones: 'eu-west-1a,eu-west-1a' }, /zones must be 2 different ones/],
    [
      'zones of another region',
      { ...PRODUCTION, zones: 'us-east-1a,us-east-1b,us-east-1c' },
      /zones must be of the region eu-west-1/,
    ],
    [
      'zones for a cluster that has its own',
      { ...EXISTING_CLUSTER, zones: 'eu-west-1a,eu-west-1b' },
      /zones are for a cluster of the app’s own/,
    ],
    ['an identity that is neither', { mailIdentity: 'mine' }, /mailIdentity must be create or existing/],
    [
      'an identity that is there and has no name',
      { mailIdentity: 'existing' },
      /mailFrom must be given with mailIdentity=existing/,
    ],
    [
      'a sender without a street',
      { returnAddress: { ...PRODUCTION.returnAddress, line1: undefined } },
      /returnAddress\.line1 must be a text/,
    ],
    [
      'a sender’s country by its name',
      { returnAddress: { ...PRODUCTION.returnAddress, country: 'Germany' } },
      /returnAddress\.country must be two letters/,
    ],
    ['a sender that is no JSON', { returnAddress: 'Shop, Hamburg' }, /returnAddress.* must be an object/],
    ['a probe in production', { ...PRODUCTION, verify: 'true' }, /verify is for a sandbox/],
    ['a probe that is neither', { verify: 'yes' }, /verify must be true or false/],
    [
      'a cluster of another region',
      { ...PRODUCTION, ...EXISTING_CLUSTER, region: 'us-east-1' },
      /region must be the region of the cluster, eu-west-1/,
    ],
  ])('refuse %s', (_, context, message) => {
    expect(() => read(context)).toThrow(SettingsError);
    expect(() => read(context)).toThrow(message);
  });

  it.each([
    'eu-west-1',
    'us-gov-west-1',
    'cn-northwest-1',
    'us-isob-east-1',
    'eusc-de-east-1',
    'mx-central-1',
  ])('take the region %s, and its zones, whatever partition it is of', (region) => {
    const zones = ['a', 'b', 'c'].map((letter) => `${region}${letter}`);
    expect(read({ ...PRODUCTION, region, zones: zones.join() })).toMatchObject({
      environment: { region },
      zones,
    });
  });

  it.each(['west', 'eu-west', 'eu-west-1a', 'EU-west-1', 'e-west-1'])('refuse the region %s', (region) => {
    expect(() => read({ ...PRODUCTION, region })).toThrow(/region must be the name of a region/);
  });

  describe('of production, whose zones are looked up', () => {
    const zones = `availability-zones:account=${PRODUCTION.account}:region=${PRODUCTION.region}`;
    const { [zones as keyof typeof PRODUCTION]: _known, ...unknown } = PRODUCTION;
    const noCredentials = { CDK_DEFAULT_REGION: 'us-east-1' };

    it('refuse an account that CDK has no credentials for, and say what to set', () => {
      expect(() => read(unknown, noCredentials)).toThrow(
        /account 123456789012 has zones in eu-west-1 that have to be looked up.* set AWS_PROFILE/,
      );
    });

    it('need no credentials where the zones are known, or where nothing is deployed', () => {
      expect(read(PRODUCTION, noCredentials).stage.name).toBe('production');
      expect(read(unknown).stage.name).toBe('production');
      expect(read({ ...unknown, ...EXISTING_CLUSTER }, noCredentials).stage.name).toBe('production');
      const named = { ...unknown, zones: 'eu-west-1a,eu-west-1b,eu-west-1c' };
      expect(read(named, noCredentials).zones).toHaveLength(3);
    });
  });

  it('name everything that is wrong at once', () => {
    expect(() => read({ stage: 'x', mailFrom: 'y', securityGroupId: 'z' })).toThrow(
      /stage[\s\S]*mailFrom[\s\S]*securityGroupId/,
    );
  });
});
