import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { createFunctionHost, type FunctionHost } from '../../../../local/lambda/host.ts';
import type { FunctionModel } from '../../../../local/resources/function.ts';

type CleanUp = (clean: () => Promise<void>) => void;

/** A function whose code is the given source, in a folder that goes with the test, or when `cleanUp` says. */
export async function functionOf(
  source: string,
  overrides: Partial<FunctionModel> & { file?: string } = {},
  cleanUp: CleanUp = onTestFinished,
): Promise<FunctionModel> {
  const codeDir = await mkdtemp(join(tmpdir(), 'orderly-function-'));
  cleanUp(() => rm(codeDir, { recursive: true, force: true }));
  const { file = 'index.mjs', ...model } = overrides;
  await writeFile(join(codeDir, file), source);
  return {
    logicalId: 'Subject',
    path: 'App/Subject',
    name: 'subject',
    arn: 'arn:aws:lambda:eu-west-1:123456789012:function:subject',
    runtime: 'nodejs24.x',
    handler: 'index.handler',
    codeDir,
    memoryMiB: 128,
    timeoutSeconds: 20,
    reservedConcurrency: undefined,
    environment: {},
    ...model,
  };
}

export interface RunningHost extends FunctionHost {
  readonly logs: readonly { readonly functionName: string; readonly line: string }[];
}

/** A host that is stopped when the test ends, or when `cleanUp` says. */
export function hostOf(
  functions: readonly FunctionModel[],
  overrides: {
    maxEnvironments?: number;
    onInvocation?: (name: string, requestId: string, pid: number) => void;
  } = {},
  cleanUp: CleanUp = onTestFinished,
): RunningHost {
  const logs: { functionName: string; line: string }[] = [];
  const host = createFunctionHost({
    functions,
    maxEnvironments: 4,
    environment: () => ({ AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }),
    onLog: (functionName, line) => logs.push({ functionName, line }),
    clock: () => performance.timeOrigin + performance.now(),
    newRequestId: randomUUID,
    ...overrides,
  });
  cleanUp(() => host.stop());
  return { ...host, logs };
}

/** What a successful invocation answered. */
export async function answerOf(host: FunctionHost, event: unknown = {}, name = 'subject'): Promise<unknown> {
  const result = await host.invoke(name, JSON.stringify(event));
  if (result.kind !== 'success')
    throw new Error(`The invocation ended in ${JSON.stringify(errorOf(result))}.`);
  return JSON.parse(Buffer.from(result.payload).toString());
}

export function errorOf(result: Awaited<ReturnType<FunctionHost['invoke']>>): unknown {
  if (result.kind !== 'function-error') return result.kind;
  return JSON.parse(Buffer.from(result.payload).toString());
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Makes what all tests of a file or `describe` share, in `beforeAll`, which takes what this resolves with to clean up. */
export async function shared(make: (cleanUp: CleanUp) => Promise<void>): Promise<() => Promise<void>> {
  const cleaning: (() => Promise<void>)[] = [];
  await make((clean) => cleaning.unshift(clean));
  return async () => {
    for (const clean of cleaning) await clean();
  };
}

/** Waits for a condition, with patience for a busy machine. */
export function until(condition: () => boolean): Promise<unknown> {
  return vi.waitUntil(condition, { timeout: 4_000, interval: 10 });
}
