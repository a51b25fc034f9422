import { existsSync } from 'node:fs';

// In its repository the sources run as they are; the package has what they are built to, and not them.
const built = !existsSync(new URL('./index.ts', import.meta.url));

export const {
  chooseEngine,
  LocalCloudError,
  readAssembly,
  readLocalConfig,
  startEmbeddedEngine,
  startLocalCloud,
  synthesize,
} = await import(built ? './dist/index.js' : './index.ts');
