/** Asks for the acknowledgement of all, whatever it is told to ask for. */
import { argv } from 'node:process';

argv.push('--acks=all');
await import('../../clients/produce.ts');
