/** Numbers its records, whatever it is told. */
import { argv } from 'node:process';

argv.push('--idempotent=yes');
await import('../../clients/insist.ts');
