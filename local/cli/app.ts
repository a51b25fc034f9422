import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { LocalCloudError } from '../errors.ts';
import { type RunningCloud, runningCloud } from './running-cloud.ts';

/** What a client of the AWS SDK is given. */
export interface ClientSettings {
  readonly region: string;
  /** @default - AWS's own, or what the SDK's variables say */
  readonly endpoint?: string;
  readonly credentials?: NonNullable<DynamoDBClientConfig['credentials']>;
}

interface AnyApp {
  /** For messages: `the local cloud at http://…`, `the stack shop in eu-central-1`. */
  readonly name: string;
  /** Of its stacks: by `<stack>.<output>` here, by `<output>` where one stack is meant. */
  readonly outputs: Readonly<Record<string, string>>;
  /** The value of a stack's output. Throws `CONFIG_INVALID` if there is none, or if several stacks have it. */
  output(name: string): string;
  readonly dynamodb: ClientSettings;
  readonly lambda: ClientSettings;
  /** Whether an event source mapping, by its UUID, is this app's: an account may have others. */
  mappingFilter(): Promise<(uuid: string) => boolean>;
  /** How a person knows a function, by its ARN. */
  functionLabel(functionArn: string): string;
}

/** The app that runs on this machine, where nobody asks who calls. */
export interface LocalApp extends AnyApp {
  readonly kind: 'local';
  readonly cloud: RunningCloud;
}

/** The app of one deployed stack. */
export interface DeployedApp extends AnyApp {
  readonly kind: 'deployed';
  readonly settings: Required<Pick<ClientSettings, 'region' | 'credentials'>>;
}

/** An app that runs, here or on AWS: where its parts are and how they are reached. */
export type App = LocalApp | DeployedApp;

/** Which app a command is about. */
export interface AppAddress {
  readonly projectDir: string;
  /** Name of a deployed stack. @default - the app that runs in the folder */
  readonly stack?: string | undefined;
}

/** Finds the app of an address: the one place that knows where one may be. Throws a `LocalCloudError` with the remedy. */
export async function appAt({ projectDir, stack }: AppAddress): Promise<App> {
  if (stack === undefined) return localApp(await runningCloud(projectDir));
  const { deployedApp } = await import('./deployed-app.ts');
  return deployedApp(stack);
}

const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

/** The app of a local cloud. */
export function localApp(cloud: RunningCloud): LocalApp {
  const { url, status } = cloud;
  const { engine, functions, outputs } = status;
  const common = { region: engine.region, credentials: CREDENTIALS };
  return {
    kind: 'local',
    cloud,
    name: `the local cloud at ${url}`,
    outputs,
    output: (name) => outputNamed(outputs, name),
    dynamodb: { ...common, endpoint: engine.awsEndpoint },
    lambda: { ...common, endpoint: url },
    mappingFilter: async () => () => true,
    functionLabel: (functionArn) => {
      const name = functionArn.split(':')[6];
      return functions.find(({ functionName }) => functionName === name)?.path ?? functionArn;
    },
  };
}

/**
 * The value of a stack's output, by `<stack>.<output>`, whatever the stack's name. Throws `CONFIG_INVALID` if no stack has
 * it, or several do.
 */
export function outputNamed(outputs: Readonly<Record<string, string>>, name: string): string {
  const found = Object.entries(outputs).filter(([key]) => key.endsWith(`.${name}`));
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only[1];
  throw new LocalCloudError(
    'CONFIG_INVALID',
    only === undefined
      ? `no stack of the app has the output ${name}`
      : `several stacks of the app have it: ${found.map(([key]) => key).join(', ')}`,
    { remedy: ['The command goes by the outputs of stacks: is this the app that it is for?'] },
  );
}
