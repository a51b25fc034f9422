import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { runningCloud } from '../running-cloud.ts';
import type { Api } from './api.ts';
import { localApp } from './local-app.ts';

/** Which app a command is about. */
export interface AppAddress {
  readonly projectDir: string;
  /** Name of the deployed stack with the order system. @default - the app that runs in the folder */
  readonly stack?: string | undefined;
  /** JSON Web Token for an API that wants one. @default - the variable ORDERLY_TOKEN */
  readonly token?: string | undefined;
}

/** What a client of the AWS SDK is given. */
export interface ClientSettings {
  readonly region: string;
  /** @default - AWS's own, or what the SDK's variables say */
  readonly endpoint?: string;
  readonly credentials?: NonNullable<DynamoDBClientConfig['credentials']>;
}

/** An app that runs, here or on AWS: where its parts are and how they are reached. */
export interface App {
  /** For messages: `the local cloud at http://…`, `the stack orderly-orders in eu-central-1`. */
  readonly name: string;
  /** Of its stacks: by `<stack>.<output>` here, by `<output>` where one stack is meant. */
  readonly outputs: Readonly<Record<string, string>>;
  /** The value of a stack's output. Throws `CONFIG_INVALID` if there is none, or if several stacks have it. */
  output(name: string): string;
  /** The checkout's API. Throws `CONFIG_INVALID` if there is none, `CREDENTIALS_MISSING` if it wants a token. */
  api(): Api;
  readonly dynamodb: ClientSettings;
  readonly lambda: ClientSettings;
  /** Whether an event source mapping, by its UUID, is this app's: an account may have others. */
  mappingFilter(): Promise<(uuid: string) => boolean>;
  /** How a person knows a function, by its ARN. */
  functionLabel(functionArn: string): string;
}

/** Finds the app of an address: the one place that knows where one may be. Throws a `LocalCloudError` with the remedy. */
export async function appAt({ projectDir, stack, token }: AppAddress): Promise<App> {
  if (stack === undefined) return localApp(await runningCloud(projectDir), token);
  const { deployedApp } = await import('./deployed-app.ts');
  return deployedApp(stack, token);
}
