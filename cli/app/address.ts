import { runningCloud } from '../running-cloud.ts';
import type { App } from './app.ts';
import { localApp } from './local-app.ts';

/** Which app a command is about. */
export interface AppAddress {
  readonly projectDir: string;
  /** Name of the deployed stack with the order system. @default - the app that runs in the folder */
  readonly stack?: string | undefined;
}

/** Finds the app of an address: the one place that knows where one may be. Throws a `LocalCloudError` with the remedy. */
export async function appAt({ projectDir, stack }: AppAddress): Promise<App> {
  if (stack === undefined) return localApp(await runningCloud(projectDir));
  const { deployedApp } = await import('./deployed-app.ts');
  return deployedApp(stack);
}
