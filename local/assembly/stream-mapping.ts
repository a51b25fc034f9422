import { z } from 'zod';
import type { Resource } from './assembly.ts';
import { filterCriteria, readPattern } from './filters.ts';
import { findingOn } from './findings.ts';
import { mappingBase, mappingShape, windowSeconds } from './mapping-base.ts';
import type { StreamMappingModel, TableModel } from './model.ts';
import type { Reading } from './reading.ts';
import type { Scope } from './scope.ts';
import { shaped, textInTemplate } from './shape.ts';
import { judge } from './support.ts';
import { streamMappingSupport } from './support-table.ts';

const streamShape = mappingShape.extend({
  EventSourceArn: textInTemplate,
  FilterCriteria: filterCriteria.default({ Filters: [] }),
  MaximumBatchingWindowInSeconds: windowSeconds.default(0),
  StartingPosition: z.enum(['TRIM_HORIZON', 'LATEST']),
});

/** Reads a mapping on a DynamoDB stream, which has to be the stream of one of `tables`. */
export function streamMapping(
  scope: Scope,
  resource: Resource,
  functionName: string,
  tables: readonly TableModel[],
): Reading<StreamMappingModel> {
  const { value, findings } = shaped(resource, judge(scope, resource, streamMappingSupport), streamShape);
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
