import type { Api } from './api.ts';
import type { ClientSettings } from './client-settings.ts';

/** An app that runs, here or on AWS: where its parts are and how they are reached. */
export interface App {
  /** For messages: `the local cloud at http://…`, `the stack orderly-orders in eu-central-1`. */
  readonly name: string;
  /** Of its stacks: by `<stack>.<output>` here, by `<output>` where one stack is meant. */
  readonly outputs: Readonly<Record<string, string>>;
  /** The value of a stack's output. Throws `CONFIG_INVALID` if there is none, or if several stacks have it. */
  output(name: string): string;
  /** The checkout's API. Throws `CONFIG_INVALID` if there is none. */
  api(): Api;
  readonly dynamodb: ClientSettings;
  readonly lambda: ClientSettings;
  /** Whether an event source mapping, by its UUID, is this app's: an account may have others. */
  mappingFilter(): Promise<(uuid: string) => boolean>;
  /** How a person knows a function, by its ARN. */
  functionLabel(functionArn: string): string;
}
