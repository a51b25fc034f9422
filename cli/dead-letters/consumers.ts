import {
  type EventSourceMappingConfiguration,
  type LambdaClient,
  paginateListEventSourceMappings,
} from '@aws-sdk/client-lambda';

/** Where a consumer group's records go. */
export interface Consumer {
  readonly functionArn: string;
  /** The cluster's ARN. */
  readonly eventSourceArn: string;
  /** Whether its event source mapping reads batch item failures from the answer; else the answer means nothing. */
  readonly partialResponses: boolean;
}

/** The consumer of a group on a topic, or why there is none to name. */
export type FindConsumer = (group: string, topic: string) => Consumer | 'unknown' | 'ambiguous';

/**
 * Asks the Lambda API for the app's event source mappings on MSK.
 *
 * @param isOurs by its UUID; an account may have the same groups on other clusters
 */
export async function consumersOf(
  client: LambdaClient,
  isOurs: (uuid: string) => boolean,
): Promise<FindConsumer> {
  const mappings: EventSourceMappingConfiguration[] = [];
  for await (const page of paginateListEventSourceMappings({ client }, {})) {
    mappings.push(...(page.EventSourceMappings ?? []));
  }
  return findConsumer(mappings.filter(({ UUID = '' }) => isOurs(UUID)));
}

/**
 * Finds the function behind a consumer group. Where several functions share a group, it is the one whose mapping reads
 * the topic; where that doesn't tell them apart, nobody can say whose the record was.
 */
export function findConsumer(mappings: readonly EventSourceMappingConfiguration[]): FindConsumer {
  return (group, topic) => {
    const ofGroup = mappings.filter(
      ({ AmazonManagedKafkaEventSourceConfig: source }) => source?.ConsumerGroupId === group,
    );
    const ofTopic = ofGroup.filter(({ Topics = [] }) => Topics.includes(topic));
    const [first, ...others] = ofTopic.length > 0 ? ofTopic : ofGroup;
    if (first?.FunctionArn === undefined) return 'unknown';
    if (others.some(({ FunctionArn }) => FunctionArn !== first.FunctionArn)) return 'ambiguous';
    return {
      functionArn: first.FunctionArn,
      eventSourceArn: first.EventSourceArn ?? '',
      partialResponses: first.FunctionResponseTypes?.includes('ReportBatchItemFailures') ?? false,
    };
  };
}
