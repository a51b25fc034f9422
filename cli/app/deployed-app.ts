import { LocalCloudError } from '../../local/errors.ts';
import { signedApi } from './api.ts';
import type { App } from './app.ts';
import { deployedStack } from './stack.ts';

/** The app of a deployed stack. Throws as `deployedStack` does. */
export async function deployedApp(stackName: string): Promise<App> {
  const stack = await deployedStack(stackName);
  const { region } = stack.settings;
  const name = `the stack ${stackName} in ${region}`;
  const output = (wanted: string): string => {
    const value = stack.outputs[wanted];
    if (value !== undefined) return value;
    throw new LocalCloudError('CONFIG_INVALID', `${name} has no output ${wanted}`, {
      remedy: [
        'Is it the stack with the orders, and of this version? npx cdk deploy brings its outputs up to date.',
      ],
    });
  };
  return {
    name,
    outputs: stack.outputs,
    output,
    api: () => signedApi(output('ApiUrl'), stack.settings),
    dynamodb: stack.settings,
    lambda: stack.settings,
    async mappingFilter() {
      const ids = await stack.mappingIds();
      return (uuid) => ids.has(uuid);
    },
    functionLabel: (functionArn) => functionArn.split(':')[6] ?? functionArn,
  };
}
