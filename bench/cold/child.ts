/** The process of one start: it loads its bundle as Lambda's runtime does, by import, and tells how long that took. */
import { pathToFileURL } from 'node:url';
import { givenTask, tellResult } from '../task.ts';
import type { Loaded, LoadTask } from './contract.ts';

const { bundle } = givenTask<LoadTask>();
const url = pathToFileURL(bundle).href;
const cpuBefore = process.cpuUsage();
const begin = performance.now();
const { handler } = await import(url);
const loadMs = performance.now() - begin;
const { user, system } = process.cpuUsage(cpuBefore);
if (typeof handler !== 'function') throw new Error(`${bundle} has no handler`);
const loaded: Loaded = { loadMs, cpuMs: (user + system) / 1000 };
tellResult(loaded);
