/**
 * The local cloud as a library: what `millrace up` does, step by step, for a test or a program of one's own.
 *
 *     synthesize ──> readAssembly ─┐
 *     startEmbeddedEngine          ├──> startLocalCloud ──> LocalCloud, until its stop()
 *     readLocalConfig ─────────────┘
 *
 * `index.js` names again what is exported here.
 */
export { readAssembly } from './assembly/read.ts';
export { synthesize } from './cli/synthesize.ts';
export { type LocalCloud, type LocalCloudOptions, type Reload, startLocalCloud } from './cloud.ts';
export type { CloudStatus } from './cloud-status.ts';
export { type LocalConfig, readLocalConfig } from './config.ts';
export { chooseEngine, type EngineChoice } from './engines/choose.ts';
export { type EmbeddedOptions, startEmbeddedEngine } from './engines/embedded.ts';
export type { Engine } from './engines/engine.ts';
export { LocalCloudError, type LocalCloudErrorCode } from './errors.ts';
