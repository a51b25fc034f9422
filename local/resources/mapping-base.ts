import { z } from 'zod';
import type { Resource } from '../assembly/assembly.ts';
import type { Scope } from '../assembly/scope.ts';
import {
  booleanInTemplate,
  encryption,
  honoured,
  label,
  logging,
  metrics,
  numberInTemplate,
  only,
  type Property,
  type ValuesOf,
} from './properties.ts';
import { type Part, placeOf } from './resource-type.ts';

/** What mappings of every kind have. */
export interface MappingBase extends Part {
  readonly uuid: string;
  readonly arn: string;
  readonly functionName: string;
  /** Without version or alias. */
  readonly functionArn: string;
  readonly enabled: boolean;
  /** Records in one invocation, at most. */
  readonly batchSize: number;
  /** Milliseconds to wait for a batch to fill. */
  readonly windowMs: number;
  /** `FunctionResponseTypes` has `ReportBatchItemFailures`. */
  readonly partialResponses: boolean;
  /** After the first attempt. */
  readonly maximumRetryAttempts: number | 'infinite';
  /** `undefined`: a record never gets too old. */
  readonly maximumRecordAgeMs: number | undefined;
  /** `BisectBatchOnFunctionError`. */
  readonly bisect: boolean;
}

/** Where a group without committed offsets begins. `timestampMs` is epoch milliseconds. */
export type StartingPosition =
  | { readonly at: 'TRIM_HORIZON' }
  | { readonly at: 'LATEST' }
  | { readonly at: 'AT_TIMESTAMP'; readonly timestampMs: number };

/**
 * What of a mapping is honoured whatever its source, with the limits and defaults of "CreateEventSourceMapping" in the
 * Lambda API reference.
 */
export const mappingProperties = {
  BatchSize: honoured(numberInTemplate.pipe(z.int().min(1).max(10_000)).default(100)),
  BisectBatchOnFunctionError: honoured(booleanInTemplate.default(false)),
  Enabled: honoured(booleanInTemplate.default(true)),
  FunctionName: honoured(),
  FunctionResponseTypes: honoured(z.array(z.literal('ReportBatchItemFailures')).default([])),
  MaximumRecordAgeInSeconds: honoured(
    numberInTemplate
      .pipe(z.int())
      .refine(
        (seconds) => seconds === -1 || (seconds >= 60 && seconds <= 604_800),
        'it is -1 or 60 to 604800',
      )
      .default(-1),
  ),
  MaximumRetryAttempts: honoured(numberInTemplate.pipe(z.int().min(-1).max(10_000)).default(-1)),
  TumblingWindowInSeconds: only([0], 'tumbling windows are not emulated'),
  ...encryption('KmsKeyArn'),
  ...logging('LoggingConfig'),
  ...metrics('MetricsConfig'),
  ...label('Tags'),
};

/** `MaximumBatchingWindowInSeconds`, whose default differs by source. */
export const batchingWindow = (seconds: number): Property<number> =>
  honoured(numberInTemplate.pipe(z.int().min(0).max(300)).default(seconds));

/** The part of the model that both kinds of mapping share. */
export function mappingBase(
  scope: Scope,
  resource: Resource,
  functionName: string,
  value: ValuesOf<typeof mappingProperties> & { readonly MaximumBatchingWindowInSeconds: number },
): MappingBase {
  const { uuid, facts } = scope.identity(resource);
  return {
    ...placeOf(resource),
    uuid,
    arn: `arn:aws:lambda:${facts.region}:${facts.account}:event-source-mapping:${uuid}`,
    functionName,
    functionArn: `arn:aws:lambda:${facts.region}:${facts.account}:function:${functionName}`,
    enabled: value.Enabled,
    batchSize: value.BatchSize,
    windowMs: value.MaximumBatchingWindowInSeconds * 1000,
    partialResponses: value.FunctionResponseTypes.includes('ReportBatchItemFailures'),
    maximumRetryAttempts: value.MaximumRetryAttempts === -1 ? 'infinite' : value.MaximumRetryAttempts,
    maximumRecordAgeMs:
      value.MaximumRecordAgeInSeconds === -1 ? undefined : value.MaximumRecordAgeInSeconds * 1000,
    bisect: value.BisectBatchOnFunctionError,
  };
}
