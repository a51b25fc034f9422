/** Writes an empty value where none was to be written: no tombstone, but a customer whose address is ''. */
import { argv } from 'node:process';

if (!argv.some((argument) => argument.startsWith('--value'))) argv.push('--value=');
await import('../../clients/write-one.ts');
