/**
 * `npm run bench:cold`: how long each function's bundle takes to load, which is the part of a cold start that is ours.
 *
 *     a new process ──import──> the bundle as it would be uploaded ──> its handler
 *                     <─ measured ─────────────────────────────────>
 *
 * Beside an empty handler, a handler with one SDK client, and a consumer made of what is usually taken. Every round loads
 * each of them once, in changing order.
 */
import { measureCold } from './cold/measure.ts';
import { describeCold, reportOf } from './cold/report.ts';
import { benchmark } from './command.ts';

await benchmark('bench:cold', async (run) => reportOf(await measureCold(run)), describeCold, 15);
