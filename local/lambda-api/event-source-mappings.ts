import { z } from 'zod';
import type { EventSourceMappings, MappingAtWork } from '../event-sources/mappings.ts';
import { tryJson } from '../json.ts';
import type { MappingModel } from '../resources/event-source-mapping.ts';
import { functionReference, isReferredTo } from './functions.ts';
import { type ApiAnswer, type ApiCall, apiError, document, page } from './protocol.ts';

export interface MappingPorts {
  readonly mappings: () => EventSourceMappings;
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_ListEventSourceMappings.html */
const LONGEST_PAGE = 100;

export function listEventSourceMappings(ports: MappingPorts, call: ApiCall): Promise<ApiAnswer> {
  return page('EventSourceMappings', ports.mappings().list().filter(isAskedFor(call.query)), call, {
    longest: LONGEST_PAGE,
    id: ({ mapping }) => mapping.uuid,
    content: (item) => configuration(ports, item),
  });
}

export async function getEventSourceMapping(ports: MappingPorts, { subject }: ApiCall): Promise<ApiAnswer> {
  const found = find(ports, subject);
  return found === undefined ? unknown : document(200, await configuration(ports, found));
}

const Parameters = z.record(z.string(), z.unknown());

/** Only `Enabled` can be changed while the local cloud runs: the rest is the template's. */
export async function updateEventSourceMapping(
  ports: MappingPorts,
  { subject, body }: ApiCall,
): Promise<ApiAnswer> {
  const parameters = body.length === 0 ? {} : Parameters.safeParse(tryJson(body)).data;
  if (parameters === undefined) {
    return apiError('InvalidRequestContentException', 'Could not parse request body into json.');
  }
  const { Enabled, ...others } = parameters;
  const [other] = Object.keys(others);
  if (other !== undefined) {
    const message = `${other}: the local cloud changes nothing but Enabled; change the template and start again.`;
    return apiError('InvalidParameterValueException', message);
  }
  if (Enabled !== undefined && typeof Enabled !== 'boolean') {
    return apiError('InvalidParameterValueException', 'Enabled: it is true or false.');
  }
  const found = find(ports, subject);
  if (found === undefined) return unknown;
  if (Enabled !== undefined && ports.mappings().setEnabled(subject, Enabled) === 'in-use') {
    const message = `Cannot update the event source mapping because it is in use: it is ${found.state}.`;
    return apiError('ResourceInUseException', message);
  }
  return document(202, await configuration(ports, found));
}

const unknown = apiError('ResourceNotFoundException', 'The resource you requested does not exist.');

function find({ mappings }: MappingPorts, uuid: string): MappingAtWork | undefined {
  return mappings()
    .list()
    .find(({ mapping }) => mapping.uuid === uuid);
}

function isAskedFor(query: URLSearchParams): (item: MappingAtWork) => boolean {
  const source = query.get('EventSourceArn');
  const name = query.get('FunctionName');
  const reference = name === null ? undefined : functionReference(name);
  return ({ mapping }) => {
    if (source !== null && source !== sourceArn(mapping)) return false;
    if (name === null) return true;
    if (reference === undefined) return false;
    return isReferredTo({ name: mapping.functionName, arn: mapping.functionArn }, reference);
  };
}

function sourceArn(mapping: MappingModel): string {
  switch (mapping.kind) {
    case 'kafka':
      return mapping.clusterArn;
    case 'dynamodb-stream':
      return mapping.streamArn;
  }
}

/** `EventSourceMappingConfiguration` of the API. */
async function configuration(ports: MappingPorts, item: MappingAtWork): Promise<object> {
  const { mapping, state, reason, lastModifiedMs } = item;
  const status = await ports.mappings().statusOf(mapping.uuid);
  return {
    UUID: mapping.uuid,
    EventSourceMappingArn: mapping.arn,
    EventSourceArn: sourceArn(mapping),
    FunctionArn: mapping.functionArn,
    State: state,
    StateTransitionReason: reason,
    LastModified: lastModifiedMs / 1000,
    LastProcessingResult: status?.lastProcessingResult,
    BatchSize: mapping.batchSize,
    MaximumBatchingWindowInSeconds: mapping.windowMs / 1000,
    FunctionResponseTypes: mapping.partialResponses ? ['ReportBatchItemFailures'] : [],
    // The API's word for no limit is -1.
    MaximumRetryAttempts: mapping.maximumRetryAttempts === 'infinite' ? -1 : mapping.maximumRetryAttempts,
    MaximumRecordAgeInSeconds:
      mapping.maximumRecordAgeMs === undefined ? -1 : mapping.maximumRecordAgeMs / 1000,
    BisectBatchOnFunctionError: mapping.bisect,
    ...ofItsKind(mapping),
  };
}

function ofItsKind(mapping: MappingModel): object {
  switch (mapping.kind) {
    case 'kafka':
      return {
        Topics: [mapping.topic],
        AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: mapping.groupId },
        ...(mapping.onFailureTopic !== undefined && {
          DestinationConfig: { OnFailure: { Destination: `kafka://${mapping.onFailureTopic}` } },
        }),
        StartingPosition: mapping.startingPosition.at,
        ...(mapping.startingPosition.at === 'AT_TIMESTAMP' && {
          StartingPositionTimestamp: mapping.startingPosition.timestampMs / 1000,
        }),
      };
    case 'dynamodb-stream':
      return {
        StartingPosition: mapping.startingPosition.at,
        ...(mapping.filters.length > 0 && {
          FilterCriteria: {
            Filters: mapping.filters.map((pattern) => ({ Pattern: JSON.stringify(pattern) })),
          },
        }),
      };
  }
}
