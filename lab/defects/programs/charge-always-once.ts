/** Notes the order whenever it adds, also where it shouldn't. */
import { argv } from 'node:process';

argv.splice(
  0,
  Number.POSITIVE_INFINITY,
  ...argv.map((one) => one.replace(/^--effect=add$/, '--effect=add-once')),
);
await import('../../clients/charge.ts');
