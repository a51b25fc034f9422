/** As lab/clients/consume.ts, but that each member is in a group of its own: each reads everything. */
import { parseArgs } from 'node:util';

const { values } = parseArgs({ strict: false });
process.argv.push(`--group=${values.group}-${values.name}`);
await import('../../clients/consume.ts');
