/** A parent to be killed: starts an embedded engine on the given data folder, tells its addresses, and waits. */
import { startEmbeddedEngine } from '../../../../local/engines/embedded.ts';

const [dataDir = ''] = process.argv.slice(2);
const { bootstrapServers, awsEndpoint } = await startEmbeddedEngine({
  dataDir,
  log: () => undefined,
  progress: () => undefined,
});
process.stdout.write(`${JSON.stringify({ bootstrapServers, awsEndpoint })}\n`);
