import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';
import { CONSUMERS, type Mail, type Mark } from '../../checker/observation.ts';
import { FUNCTION_NAMES, FUNCTIONS } from '../fault-kinds.ts';
import type { Plan } from '../plan.ts';
import { type CloudProcess, cloudProcess, type Operator, operatorIn } from './cloud.ts';
import { type FaultyEngine, startFaultyEngine } from './engine.ts';
import { type FaultLog, faultLog } from './fault-log.ts';
import { type KafkaRequests, startKafkaRequests } from './kafka-requests.ts';
import { type Leases, startLeases } from './leases.ts';
import { mailWitness, startMailProvider } from './mails.ts';
import { TELLS_PID } from './processes.ts';
import { type Requests, startRequests } from './requests.ts';
import { openTables, type Tables } from './tables.ts';
import { openTopics, type Topics } from './topic.ts';

/** The whole system at work, everything that stands between its parts, and those who look at it from outside. */
export interface World {
  readonly plan: Plan;
  readonly log: FaultLog;
  readonly engine: FaultyEngine;
  readonly cloud: CloudProcess;
  readonly requests: Requests;
  readonly kafkaRequests: KafkaRequests;
  readonly operator: Operator;
  readonly tables: Tables;
  readonly topics: Topics;
  readonly leases: Leases;
  readonly mails: readonly Mail[];
  readonly marks: readonly Mark[];
  /** The deadly line is none any more. */
  mend(): void;
  /** Lines of all logs so far that show what a customer wrote. */
  indiscretions(): readonly string[];
  /** Ends everything. */
  close(): Promise<void>;
}

/** A line's SKU that no process of shipping survives. */
export const DEADLY_SKU = 'DEADLY-SKU';
const CANARY = /canary/i;

const crashOnText = fileURLToPath(new URL('../../../cli/demo/crash-on-text.ts', import.meta.url));
const slowClock = fileURLToPath(new URL('./slow-clock.ts', import.meta.url));

/**
 * Brings the system up in a folder.
 *
 * @param assembly the app's, as it was synthesized
 */
export async function openWorld(plan: Plan, assembly: string, dir: string): Promise<World> {
  const closing: (() => Promise<void> | void)[] = [];
  const close = async () => {
    for (const end of closing.splice(0).reverse()) await end();
  };
  try {
    return await open(plan, assembly, dir, (end) => closing.push(end), close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function open(
  plan: Plan,
  assembly: string,
  dir: string,
  onClose: (end: () => Promise<void> | void) => void,
  close: () => Promise<void>,
): Promise<World> {
  const project = join(dir, 'project');
  const app = join(dir, 'app');
  const deadly = join(dir, 'deadly');
  await mkdir(project, { recursive: true });
  await assemblyWith(plan, assembly, app);
  // One after the other: what has begun is closed even if the next one fails.
  const engine = await startFaultyEngine(join(dir, 'engine'));
  onClose(() => engine.stop());
  const provider = await startMailProvider();
  onClose(() => provider.stop());

  const log = faultLog();
  const witness = mailWitness();
  const { awsEndpoint, bootstrapServers } = engine;
  const requests = await startRequests({
    awsEndpoint,
    sesEndpoint: provider.url,
    plan,
    log,
    done: (name, request) => {
      if (name === 'email') witness.done(request);
    },
  });
  onClose(() => requests.stop());
  const kafkaRequests = await startKafkaRequests(bootstrapServers, plan, log);
  onClose(() => kafkaRequests.stop());

  const preloads = {
    checkout: `--import=${pathToFileURL(slowClock)}`,
    shipping: `--import=${pathToFileURL(crashOnText)}`,
  } as const;
  const variablesOf = (name: (typeof FUNCTION_NAMES)[number]) => ({
    ...requests.environment(name),
    NODE_OPTIONS: [TELLS_PID, ...(name in preloads ? [preloads[name as keyof typeof preloads]] : [])].join(
      ' ',
    ),
    ...(name === 'relay' && { KAFKA_AUTH: 'none', KAFKA_BOOTSTRAP_SERVERS: kafkaRequests.relay }),
    ...(name === 'shipping' && { CRASH_ON_TEXT: DEADLY_SKU, CRASH_WHILE: deadly }),
  });
  if (plan.isDeadly) writeFileSync(deadly, '');
  writeFileSync(
    join(project, 'millrace.json'),
    JSON.stringify({
      functions: Object.fromEntries(
        FUNCTION_NAMES.map((name) => [FUNCTIONS[name], { environment: variablesOf(name) }]),
      ),
      emulation: plan.emulation,
    }),
  );

  const cloud = cloudProcess({ dir: project, app, bootstrapServers: kafkaRequests.pollers, awsEndpoint });
  onClose(() => cloud.stop());
  await cloud.start();
  const { outputs, engine: facts } = await cloud.status();
  const tables = openTables(awsEndpoint, facts.region, outputs);
  onClose(() => tables.close());
  const topics = await openTopics(bootstrapServers);
  onClose(() => topics.close());
  const leases = startLeases({ tables, requests, ownerOf: witness.ownerOf });
  onClose(() => leases.stop());

  return {
    plan,
    log,
    engine,
    cloud,
    requests,
    kafkaRequests,
    operator: operatorIn(project),
    tables,
    topics,
    leases,
    mails: witness.mails,
    marks: witness.marks,
    mend: () => rmSync(deadly, { force: true }),
    indiscretions: () =>
      [...cloud.output, ...logLines(join(project, '.millrace', 'logs'))].filter((line) => CANARY.test(line)),
    close,
  };
}

function logLines(dir: string): readonly string[] {
  return readdirSync(dir).flatMap((file) => readFileSync(join(dir, file), 'utf8').split('\n'));
}

const TEMPLATE = 'orderly-orders.template.json';

const Reference = z.object({ Ref: z.string() });

interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties: Record<string, unknown> }>
  >;
}

/** Copies the app's assembly, with other retries, pollers and another timeout for the consumers whose retries have a limit. */
export async function assemblyWith(
  { retryAttempts, pollers, timeoutSeconds }: Pick<Plan, 'retryAttempts' | 'pollers' | 'timeoutSeconds'>,
  assembly: string,
  outdir: string,
): Promise<void> {
  await cp(assembly, outdir, { recursive: true });
  const path = join(outdir, TEMPLATE);
  const template = JSON.parse(await readFile(path, 'utf8')) as Template;
  const mappings = Object.values(template.Resources).filter(
    ({ Type, Properties }) =>
      Type === 'AWS::Lambda::EventSourceMapping' &&
      Properties.Topics !== undefined &&
      Properties.MaximumRetryAttempts !== undefined,
  );
  if (mappings.length !== CONSUMERS.length) {
    throw new Error(`${mappings.length} consumers have a limit of retries, not ${CONSUMERS.length}`);
  }
  for (const { Properties } of mappings) {
    Properties.MaximumRetryAttempts = retryAttempts;
    Properties.ProvisionedPollerConfig = { MinimumPollers: pollers, MaximumPollers: pollers };
    const consumer = template.Resources[Reference.parse(Properties.FunctionName).Ref];
    if (consumer === undefined) throw new Error('a mapping names no function of the stack');
    consumer.Properties.Timeout = timeoutSeconds;
  }
  await writeFile(path, JSON.stringify(template));
}
