import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Plan } from '../plan.ts';

const TEMPLATE = 'orderly-orders.template.json';

const Reference = z.object({ Ref: z.string() });

interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties: Record<string, unknown> }>
  >;
}

/** Copies the app's assembly, with other retries, pollers and another timeout for the consumers whose retries have a limit. */
export async function assemblyWith(
  { retryAttempts, pollers, timeoutSeconds }: Pick<Plan, 'retryAttempts' | 'pollers' | 'timeoutSeconds'>,
  assembly: string,
  outdir: string,
): Promise<void> {
  await cp(assembly, outdir, { recursive: true });
  const path = join(outdir, TEMPLATE);
  const template = JSON.parse(await readFile(path, 'utf8')) as Template;
  const mappings = Object.values(template.Resources).filter(
    ({ Type, Properties }) =>
      Type === 'AWS::Lambda::EventSourceMapping' &&
      Properties.Topics !== undefined &&
      Properties.MaximumRetryAttempts !== undefined,
  );
  if (mappings.length !== 2) throw new Error(`${mappings.length} consumers have a limit of retries, not 2`);
  for (const { Properties } of mappings) {
    Properties.MaximumRetryAttempts = retryAttempts;
    Properties.ProvisionedPollerConfig = { MinimumPollers: pollers, MaximumPollers: pollers };
    const consumer = template.Resources[Reference.parse(Properties.FunctionName).Ref];
    if (consumer === undefined) throw new Error('a mapping names no function of the stack');
    consumer.Properties.Timeout = timeoutSeconds;
  }
  await writeFile(path, JSON.stringify(template));
}
