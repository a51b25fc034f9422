/**
 * The deployment, rehearsed: `cdk bootstrap`, `deploy`, `destroy` of the app as it is, by the CDK CLI, in an account that is
 * MiniStack's CloudFormation on this machine (account.ts).
 *
 *     npm run test:rehearsal                   everything
 *     npm run test:rehearsal -- sandbox        the first part; `production` is the other two
 *
 *     sandbox      deploy, compare, deploy again, use, destroy: nothing is left
 *     production   deploy, compare, destroy: what is kept is what is meant to be
 *     imported     a new deployment is refused beside the kept cluster, and goes on with it
 *
 * docs/deploying.md says what that proves, and what it doesn't. The first step that fails ends it, with what differs.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CloudFormationClient,
  paginateListStackResources,
  UpdateTerminationProtectionCommand,
} from '@aws-sdk/client-cloudformation';
import { DescribeSubnetsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { DescribeClusterCommand, KafkaClient } from '@aws-sdk/client-kafka';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Interrupted, interruption } from '../../local/cli/interruption.ts';
import { ENVIRONMENT, type RehearsalAccount, startAccount } from './account.ts';
import { takeCensus } from './census.ts';
import { beyond, type DeployedTemplate, differences, meantToStay, type StackResource } from './standing.ts';
import { useApp } from './use-app.ts';

const STACKS = ['orderly-streaming', 'orderly-orders'] as const;
const UNASKED = ['--require-approval', 'never'];
const MAIL = ['-c', 'mailFrom=orders@shop.example'];
const PRODUCTION = [...MAIL, '-c', 'stage=production', '-c', 'alarmEmail=ops@shop.example'];

const say = (text: string) => process.stdout.write(text);
const signal = interruption((text) => process.stderr.write(`${text}\n`));

/** A step with its name, and how it ended. */
async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const began = performance.now();
  say(`${name} … `);
  try {
    const result = await work();
    say(`ok (${((performance.now() - began) / 1000).toFixed(1)} s)\n`);
    return result;
  } catch (error) {
    say(signal.aborted ? 'interrupted\n' : 'FAILED\n');
    throw error;
  }
}

/** Throws with a line for each difference. */
function expectNone(what: string, lines: readonly string[]): void {
  if (lines.length > 0) throw new Error([`${what}:`, ...lines].join('\n  '));
}

/** Throws unless both lists are the same. */
function expectSame(what: string, actual: readonly string[], expected: readonly string[]): void {
  expectNone(what, [
    ...actual.filter((line) => !expected.includes(line)).map((line) => `there, and not meant to be: ${line}`),
    ...expected.filter((line) => !actual.includes(line)).map((line) => `not there: ${line}`),
  ]);
}

interface DeployedStack {
  readonly name: string;
  readonly template: DeployedTemplate;
  readonly resources: readonly StackResource[];
}

/** The stacks of an assembly as they were deployed. */
async function deployed(assembly: string): Promise<readonly DeployedStack[]> {
  const client = new CloudFormationClient({});
  const files = (await readdir(assembly)).filter((name) => name.endsWith('.template.json'));
  return Promise.all(
    files.map(async (file) => {
      const name = file.replace('.template.json', '');
      const resources: StackResource[] = [];
      for await (const { StackResourceSummaries = [] } of paginateListStackResources(
        { client },
        { StackName: name },
      ))
        for (const of of StackResourceSummaries)
          resources.push({
            logicalId: of.LogicalResourceId ?? '',
            physicalId: of.PhysicalResourceId ?? '',
            type: of.ResourceType ?? '',
            status: of.ResourceStatus ?? '',
          });
      const template: DeployedTemplate = JSON.parse(await readFile(join(assembly, file), 'utf8'));
      return { name, template, resources };
    }),
  );
}

const physicalId = (stacks: readonly DeployedStack[], type: string): string =>
  stacks.flatMap(({ resources }) => resources).find((resource) => resource.type === type)?.physicalId ?? '';

/** What the scenarios do with the account. */
interface Rehearsal {
  /** Synthesizes, deploys and compares. */
  deploy(name: string, settings: readonly string[]): Promise<readonly DeployedStack[]>;
  /** Deletes the stacks of a scenario. */
  destroy(name: string): Promise<void>;
  /** What the CDK CLI says when it fails, with the assembly of a scenario; throws if it doesn't fail. */
  refusal(name: string, ...command: readonly string[]): Promise<string>;
  /** `type id` of everything that was not there at the beginning. */
  left(): Promise<readonly string[]>;
  readonly account: RehearsalAccount;
  readonly folder: string;
}

async function begin(account: RehearsalAccount, folder: string): Promise<Rehearsal> {
  await step('bootstrap', () => account.cdk('bootstrap', ENVIRONMENT));
  const empty = await takeCensus();
  const assembly = (name: string) => join(folder, name);
  return {
    account,
    folder,
    left: async () => beyond(await takeCensus(), empty),
    async deploy(name, settings) {
      await step(`${name}: deploy`, () =>
        account.cdk('deploy', '--all', ...UNASKED, '-o', assembly(name), ...settings),
      );
      const stacks = await deployed(assembly(name));
      const count = stacks.flatMap(({ resources }) => resources).length;
      await step(`${name}: its ${count} resources stand as the templates say`, async () => {
        const census = await takeCensus();
        expectNone(
          'what stands differs from the template',
          stacks.flatMap(({ name: stack, template, resources }) =>
            differences(template, resources, census).map((line) => `${stack}: ${line}`),
          ),
        );
      });
      return stacks;
    },
    async destroy(name) {
      await step(`${name}: destroy`, () =>
        account.cdk('destroy', '--all', '--force', '--app', assembly(name)),
      );
    },
    async refusal(name, ...command) {
      const [said] = await Promise.allSettled([account.cdk(...command, '--app', assembly(name))]);
      if (said.status === 'rejected') return String(said.reason);
      throw new Error(`cdk ${command.join(' ')} was not refused`);
    },
  };
}

async function rehearseSandbox({ account, folder, deploy, destroy, left }: Rehearsal): Promise<void> {
  const stacks = await deploy('sandbox', MAIL);
  await step('sandbox: a second deployment changes nothing', async () => {
    const said = await account.cdk('deploy', '--all', ...UNASKED, '-o', join(folder, 'again'), ...MAIL);
    const changed = STACKS.filter((stack) => !said.includes(`${stack} (no changes)`));
    expectNone('stacks that were changed', changed);
  });
  const resources = stacks.flatMap((stack) => stack.resources);
  await useApp(resources, step);
  await step('sandbox: a file lies in the bucket', () =>
    new S3Client({ forcePathStyle: true }).send(
      new PutObjectCommand({ Bucket: physicalId(stacks, 'AWS::S3::Bucket'), Key: 'left-behind', Body: '-' }),
    ),
  );
  await destroy('sandbox');
  await step('sandbox: nothing is left', async () => expectSame('left behind', await left(), []));
}

/** Production, and what comes after it. */
async function rehearseProduction({
  deploy,
  destroy,
  refusal,
  left,
  account,
  folder,
}: Rehearsal): Promise<void> {
  const stacks = await deploy('production', PRODUCTION);
  await step('production: is protected from deletion', async () => {
    const said = await refusal('production', 'destroy', '--all', '--force');
    if (!/TerminationProtection/i.test(said)) throw new Error(said);
  });
  await unprotect(...STACKS);
  await destroy('production');
  const kept = stacks.flatMap(({ template, resources }) => meantToStay(template, resources)).sort();
  await step(`production: ${kept.length} things are kept, as is meant`, async () =>
    expectSame('kept', await left(), kept),
  );

  await step('imported: a new cluster is refused beside the kept one', async () => {
    const said = await refusal('production', 'deploy', STACKS[0], ...UNASKED);
    if (!/orderly already exists/.test(said)) throw new Error(said);
    await unprotect(STACKS[0]);
    await account.cdk('destroy', STACKS[0], '--force', '--app', join(folder, 'production'));
    expectSame('kept', await left(), kept);
  });
  const cluster = await clusterSettings(physicalId(stacks, 'AWS::MSK::Cluster'));
  await deploy('imported', [...MAIL, ...cluster]);
  await destroy('imported');
  await step('imported: what was there before is there, and nothing else', async () =>
    expectSame('there', await left(), kept),
  );
}

/** As docs/deploying.md has it: what production wants before it is destroyed. */
async function unprotect(...stacks: readonly string[]): Promise<void> {
  for (const StackName of stacks)
    await new CloudFormationClient({}).send(
      new UpdateTerminationProtectionCommand({ StackName, EnableTerminationProtection: false }),
    );
}

/** As docs/deploying.md has it: the settings that name a cluster which is there. */
async function clusterSettings(clusterArn: string): Promise<readonly string[]> {
  const { ClusterInfo } = await new KafkaClient({}).send(
    new DescribeClusterCommand({ ClusterArn: clusterArn }),
  );
  const nodes = ClusterInfo?.BrokerNodeGroupInfo;
  const { Subnets = [] } = await new EC2Client({}).send(
    new DescribeSubnetsCommand({ SubnetIds: nodes?.ClientSubnets }),
  );
  const given = {
    clusterArn,
    vpcId: Subnets[0]?.VpcId,
    subnetIds: nodes?.ClientSubnets?.join(),
    securityGroupId: nodes?.SecurityGroups?.[0],
  };
  return Object.entries(given).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

const PARTS = ['sandbox', 'production'];
const named = process.argv.slice(2);
if (!named.every((name) => PARTS.includes(name))) {
  process.stderr.write(`the parts of the rehearsal are ${PARTS.join(' and ')}\n`);
  process.exit(2);
}
const parts = named.length > 0 ? named : PARTS;
const folder = await mkdtemp(join(tmpdir(), 'orderly-rehearsal-'));
let account: RehearsalAccount | undefined;
try {
  account = await startAccount(folder, signal, (text) => say(`${text}\n`));
  const rehearsal = await begin(account, folder);
  if (parts.includes('sandbox')) await rehearseSandbox(rehearsal);
  if (parts.includes('production')) await rehearseProduction(rehearsal);
  say('The rehearsal is over: everything came and went as it is written.\n');
} catch (error) {
  if (error instanceof Interrupted) process.exitCode = error.exitCode;
  else {
    process.exitCode = 1;
    const text = error instanceof Error ? error.message : String(error);
    process.stderr.write(
      `${text}\nwhat the account wrote last:\n  ${account?.log.slice(-20).join('\n  ') ?? ''}\n`,
    );
  }
} finally {
  await account?.stop();
  await rm(folder, { recursive: true, force: true });
}
