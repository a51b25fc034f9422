import { LocalCloudError } from '../../local/errors.ts';
import { type Api, signedApi, tokenApi } from './api.ts';
import type { App } from './app.ts';
import { type DeployedStack, deployedStack } from './stack.ts';

/** The app of a deployed stack. Throws as `deployedStack` does. */
export async function deployedApp(stackName: string, token: string | undefined): Promise<App> {
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
    api: () => apiOf(output('ApiUrl'), output('ApiAuth'), stack, token),
    dynamodb: stack.settings,
    lambda: stack.settings,
    async mappingFilter() {
      const ids = await stack.mappingIds();
      return (uuid) => ids.has(uuid);
    },
    functionLabel: (functionArn) => functionArn.split(':')[6] ?? functionArn,
  };
}

function apiOf(url: string, auth: string, { settings }: DeployedStack, token: string | undefined): Api {
  switch (auth) {
    case 'iam':
      return signedApi(url, settings);
    case 'jwt':
      if (token !== undefined) return tokenApi(url, token);
      throw new LocalCloudError('CREDENTIALS_MISSING', `the API ${url} wants a token`, {
        remedy: [
          'Set ORDERLY_TOKEN to a token of its issuer; --token works too, where nobody reads your history.',
        ],
      });
    default:
      throw new LocalCloudError(
        'CONFIG_INVALID',
        `the API ${url} wants "${auth}", which this version does not know`,
      );
  }
}
