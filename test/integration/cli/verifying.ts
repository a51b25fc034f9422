import { onTestFinished } from 'vitest';
import { type RunningApp, runningApp } from '../../support/running-app.ts';

/** What `orderly verify --json` answers. */
interface Report {
  readonly app: string;
  readonly same: boolean;
  readonly findings: readonly { readonly rule: string; readonly seen: string; readonly verdict: string }[];
}

/** The app with its probe, whose emulation may differ from what is expected; stopped when the test ends. */
export async function probedApp(emulation: object = {}): Promise<RunningApp> {
  const app = await runningApp({ context: { verify: 'true' }, config: { emulation } });
  onTestFinished(() => app.stop());
  return app;
}

/** The last line alone: progress goes to the other stream, and both are here. */
export const reportIn = (output: string): Report =>
  JSON.parse(output.split('\n').find((line) => line.startsWith('{"app"')) ?? '{}');

/** The rules that were seen to be otherwise, with what was seen. */
export const others = ({ findings }: Report) =>
  findings.filter(({ verdict }) => verdict !== 'same').map(({ rule, seen }) => [rule, seen]);
