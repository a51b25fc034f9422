import { z } from 'zod';
import type { Resource } from './assembly.ts';
import type { Scope } from './scope.ts';
import { booleanInTemplate, numberInTemplate } from './shape.ts';

/**
 * What Kafka and stream sources have in common, with the limits and defaults of "CreateEventSourceMapping" in the Lambda
 * API reference. The window's default differs, so each source brings its own.
 */
export const mappingShape = z.object({
  BatchSize: numberInTemplate.pipe(z.int().min(1).max(10_000)).default(100),
  BisectBatchOnFunctionError: booleanInTemplate.default(false),
  Enabled: booleanInTemplate.default(true),
  FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
  MaximumRecordAgeInSeconds: numberInTemplate
    .pipe(z.int())
    .refine((seconds) => seconds === -1 || (seconds >= 60 && seconds <= 604_800), 'it is -1 or 60 to 604800')
    .default(-1),
  MaximumRetryAttempts: numberInTemplate.pipe(z.int().min(-1).max(10_000)).default(-1),
});

/** `MaximumBatchingWindowInSeconds` as far as a template may set it. */
export const windowSeconds = numberInTemplate.pipe(z.int().min(0).max(300));

/** The part of the model that both kinds of mapping share. */
export function mappingBase(
  scope: Scope,
  resource: Resource,
  functionName: string,
  value: z.infer<typeof mappingShape> & { readonly MaximumBatchingWindowInSeconds: number },
) {
  const { uuid, facts } = scope.identity(resource);
  return {
    logicalId: resource.logicalId,
    path: resource.path,
    uuid,
    arn: `arn:aws:lambda:${facts.region}:${facts.account}:event-source-mapping:${uuid}`,
    functionName,
    functionArn: `arn:aws:lambda:${facts.region}:${facts.account}:function:${functionName}`,
    enabled: value.Enabled,
    batchSize: value.BatchSize,
    windowMs: value.MaximumBatchingWindowInSeconds * 1000,
    partialResponses: value.FunctionResponseTypes.includes('ReportBatchItemFailures'),
    maximumRetryAttempts:
      value.MaximumRetryAttempts === -1 ? ('infinite' as const) : value.MaximumRetryAttempts,
    maximumRecordAgeMs:
      value.MaximumRecordAgeInSeconds === -1 ? undefined : value.MaximumRecordAgeInSeconds * 1000,
    bisect: value.BisectBatchOnFunctionError,
  };
}
