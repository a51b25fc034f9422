import { outputNamed } from '../outputs.ts';
import { apiUrl, type RunningCloud } from '../running-cloud.ts';
import { openApi, tokenApi } from './api.ts';
import type { App } from './app.ts';

const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

/** The app that runs on this machine: nobody asks who calls, but a token is read for the customer that it names. */
export function localApp(cloud: RunningCloud, token: string | undefined): App {
  const { url, status } = cloud;
  const { engine, functions, outputs } = status;
  const common = { region: engine.region, credentials: CREDENTIALS };
  const wantsToken = Object.entries(outputs).some(
    ([name, value]) => name.endsWith('.ApiAuth') && value === 'jwt',
  );
  return {
    name: `the local cloud at ${url}`,
    outputs,
    output: (name) => outputNamed(outputs, name),
    api: () => {
      const at = apiUrl(cloud);
      if (!wantsToken) return openApi(at);
      // Without one, orderly.json says who asks.
      return token === undefined ? { ...openApi(at), namesCustomer: true } : tokenApi(at, token);
    },
    dynamodb: { ...common, endpoint: engine.awsEndpoint },
    lambda: { ...common, endpoint: url },
    mappingFilter: async () => () => true,
    functionLabel: (functionArn) => {
      const name = functionArn.split(':')[6];
      return functions.find(({ functionName }) => functionName === name)?.path ?? functionArn;
    },
  };
}
