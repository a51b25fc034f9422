import { z } from 'zod';
import type { Resource } from '../assembly/assembly.ts';
import { findingOn } from '../assembly/findings.ts';
import { isRecord } from '../assembly/resolution.ts';
import type { Scope } from '../assembly/scope.ts';
import {
  batchingWindow,
  type MappingBase,
  mappingBase,
  mappingProperties,
  type StartingPosition,
} from './mapping-base.ts';
import { honoured, only, readProperties, refused, textInTemplate } from './properties.ts';
import type { Reading } from './resource-type.ts';
import type { TableModel } from './table.ts';

type Scalar = string | number | boolean | null;

/** A pattern of `FilterCriteria.Filters[].Pattern` that asks for exact values: objects down to lists of those allowed. */
export type FilterPattern = { readonly [key: string]: FilterPattern | readonly Scalar[] };

/** An event source mapping on a DynamoDB stream. */
export interface StreamMappingModel extends MappingBase {
  readonly kind: 'dynamodb-stream';
  readonly streamArn: string;
  readonly tableName: string;
  readonly startingPosition: Extract<StartingPosition, { at: 'TRIM_HORIZON' | 'LATEST' }>;
  /** A record passes if any pattern matches; no patterns: all pass. */
  readonly filters: readonly FilterPattern[];
}

const properties = {
  ...mappingProperties,
  EventSourceArn: honoured(textInTemplate),
  FilterCriteria: honoured(
    z.object({ Filters: z.array(z.object({ Pattern: z.string() })).default([]) }).default({ Filters: [] }),
  ),
  MaximumBatchingWindowInSeconds: batchingWindow(0),
  ParallelizationFactor: only([1], 'a shard is processed by one invocation at a time here'),
  StartingPosition: honoured(z.enum(['TRIM_HORIZON', 'LATEST'])),
  ...refused(
    'records that are given up are not sent to a destination of a stream here: they are dropped',
    'DestinationConfig',
  ),
};

/** Reads a mapping on a DynamoDB stream, which has to be the stream of one of `tables`. */
export function streamMapping(
  scope: Scope,
  resource: Resource,
  functionName: string,
  tables: readonly TableModel[],
): Reading<StreamMappingModel> {
  const { value, findings } = readProperties(scope, resource, properties);
  if (value === undefined) return { model: undefined, findings };
  const tableName = /:table\/([^/]+)\/stream\//.exec(value.EventSourceArn)?.[1];
  const table = tables.find((candidate) => candidate.name === tableName);
  if (table?.streamView === undefined) {
    const message = `it is not the stream of a table of this app: ${value.EventSourceArn}; accepted, the mapping is left out`;
    return { model: undefined, findings: [...findings, findingOn(resource, 'EventSourceArn', message)] };
  }
  const patterns = value.FilterCriteria.Filters.map(({ Pattern }) => readPattern(Pattern));
  const refused = patterns.flatMap((read) =>
    'refused' in read
      ? [findingOn(resource, 'FilterCriteria', `${read.refused}; accepted, it passes every record`)]
      : [],
  );
  return {
    model: {
      ...mappingBase(scope, resource, functionName, value),
      kind: 'dynamodb-stream',
      streamArn: value.EventSourceArn,
      tableName: table.name,
      startingPosition: { at: value.StartingPosition },
      // Filters are alternatives: if one cannot be applied, it has to be taken to pass everything.
      filters:
        refused.length > 0 ? [] : patterns.flatMap((read) => ('pattern' in read ? [read.pattern] : [])),
    },
    findings: [...findings, ...refused],
  };
}

/** A pattern that can be applied here, or why it cannot. */
type ReadPattern = { readonly pattern: FilterPattern } | { readonly refused: string };

/**
 * Parses a filter pattern. Only exact matches are honoured: objects down to lists of texts, numbers, booleans and nulls.
 *
 * Source of the grammar: "Filter rule syntax" in the AWS Lambda developer guide. Its other operators (`prefix`,
 * `exists`, `numeric`, `anything-but`, `$or`, …) are refused.
 */
function readPattern(text: string): ReadPattern {
  let rules: unknown;
  try {
    rules = JSON.parse(text);
  } catch {
    return { refused: `the filter pattern is not JSON: ${text}` };
  }
  if (!isRecord(rules)) return { refused: `the filter pattern is not an object: ${text}` };
  const pattern = exactValues(rules);
  return typeof pattern === 'string'
    ? { refused: `the filter pattern uses ${pattern}, and only exact matches are applied here: ${text}` }
    : { pattern };
}

/** The rules, if all of them are for exact values; else the first thing in them that isn't. */
function exactValues(rules: Readonly<Record<string, unknown>>): FilterPattern | string {
  const pattern: [string, FilterPattern | readonly Scalar[]][] = [];
  for (const [key, rule] of Object.entries(rules)) {
    if (key.startsWith('$')) return key;
    const exact = isRecord(rule) ? exactValues(rule) : listOfValues(rule);
    if (typeof exact === 'string') return exact;
    pattern.push([key, exact]);
  }
  return Object.fromEntries(pattern);
}

function listOfValues(rule: unknown): readonly Scalar[] | string {
  if (!Array.isArray(rule)) return 'a value outside a list';
  if (rule.length === 0) return 'an empty list';
  if (rule.some(Array.isArray)) return 'a list in a list';
  const operator: unknown = rule.find(isRecord);
  if (isRecord(operator)) return Object.keys(operator)[0] ?? 'an empty object';
  return z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])).parse(rule);
}
