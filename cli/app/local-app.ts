import { outputNamed } from '../outputs.ts';
import { apiUrl, type RunningCloud } from '../running-cloud.ts';
import { openApi } from './api.ts';
import type { App } from './app.ts';

const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

/** The app that runs on this machine, where nobody asks who calls. */
export function localApp(cloud: RunningCloud): App {
  const { url, status } = cloud;
  const { engine, functions, outputs } = status;
  const common = { region: engine.region, credentials: CREDENTIALS };
  return {
    name: `the local cloud at ${url}`,
    outputs,
    output: (name) => outputNamed(outputs, name),
    api: () => openApi(apiUrl(cloud)),
    dynamodb: { ...common, endpoint: engine.awsEndpoint },
    lambda: { ...common, endpoint: url },
    mappingFilter: async () => () => true,
    functionLabel: (functionArn) => {
      const name = functionArn.split(':')[6];
      return functions.find(({ functionName }) => functionName === name)?.path ?? functionArn;
    },
  };
}
