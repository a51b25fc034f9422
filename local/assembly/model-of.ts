import {
  apiParts,
  httpApiOf,
  type JwtClaims,
  partsOf,
  routesOfForeignApis,
  unknownClaimKeys,
} from './apis.ts';
import type { Assembly, Resource } from './assembly.ts';
import { bucketOf } from './buckets.ts';
import { bystanders, functionsThatRun, referencesOf, throughVersion } from './closure.ts';
import { clustersThatAreRead } from './clusters.ts';
import { asksForBrokers } from './custom-resources.ts';
import { emailIdentityOf } from './email-identities.ts';
import { type EnvironmentOverlay, overlayOf, unknownOverlayKeys } from './environment.ts';
import { sortedByAcceptance, unresolvedFinding } from './findings.ts';
import { functionOf } from './functions.ts';
import { leftOut } from './left-out.ts';
import { mappingOf } from './mappings.ts';
import type { CloudModel, EngineFacts, Finding, MappingModel, NotEmulated } from './model.ts';
import { firstOfEachName, nameClashes } from './name-clashes.ts';
import { findingsOf, modelsOf, type ReadResource, readEach } from './reading.ts';
import { textOf } from './resolution.ts';
import { isSchedule, scheduleOf } from './schedules.ts';
import { existingResources, type Scope, scopeOf } from './scope.ts';
import { isTable, tableOf } from './tables.ts';
import { topicOf, topicsOf, undeclaredTopics } from './topics.ts';

/**
 * Turns a cloud assembly into the model of what runs, and finds everything in it that would behave differently here.
 *
 * Judged is the closure of what runs: the functions (but those that only serve custom resources), their mappings, the
 * APIs that lead to them, and what their environment names. Tables, topics and buckets outside it are created too
 * where they can be; everything else is listed in `notEmulated`.
 *
 * Pure. Call it before an engine runs to learn whether the app can start, and again when its tables exist: only then are
 * the ARNs of their streams the engine's own.
 *
 * @param options.accept words as `Finding.accept` spells them; what an accepted finding is about stays out of the model
 * @param options.environment variables put over those of the template
 * @param options.jwtClaims what tokens say that nobody sends
 * @returns the model, to be used only if there are no findings; and all findings at once, sorted
 */
export function modelOf(
  assembly: Assembly,
  facts: EngineFacts,
  options: {
    readonly accept: ReadonlySet<string>;
    readonly environment: EnvironmentOverlay;
    readonly jwtClaims: JwtClaims;
  },
): { readonly model: CloudModel; readonly findings: readonly Finding[] } {
  const scope = scopeOf(assembly, facts);
  const environment = overlayOf(options.environment);
  const resources = existingResources(scope);
  const ofType = (type: string) => resources.filter((resource) => resource.type === type);
  const references = referencesOf(scope, resources, environment);

  const running = functionsThatRun(references);
  const functions = readEach(running, (resource) => functionOf(scope, resource, environment));
  const allTables = readEach(resources.filter(isTable), (resource) => tableOf(scope, resource));
  const targets = { functions: modelsOf(functions), tables: modelsOf(allTables) };
  const mappings = readEach(ofType('AWS::Lambda::EventSourceMapping'), (resource) =>
    mappingOf(scope, resource, targets),
  ).filter(isConcerned);

  const named = new Set([
    ...running.flatMap((user) => [...references.fromEnvironment(user)]),
    ...mappings.flatMap(({ resource }) => [...references.from(resource)]),
  ]);
  const kafkaMappings = modelsOf(mappings).filter((mapping) => mapping.kind === 'kafka');
  // What the closure doesn't name is created if that is possible, and no finding if it isn't.
  const inUse = ({ resource, findings }: ReadResource<unknown>, names: ReadonlySet<string>): boolean =>
    findings.length === 0 || named.has(resource) || names.has(scope.identity(resource).name);
  const texts = new Set(targets.functions.flatMap((model) => Object.values(model.environment)));
  const mapped = new Set(kafkaMappings.flatMap(topicsOf));
  const tables = allTables.filter((table) => inUse(table, texts));
  const topics = readEach(ofType('AWS::MSK::Topic'), (resource) => topicOf(scope, resource)).filter((topic) =>
    inUse(topic, mapped),
  );
  const emailIdentities = readEach(ofType('AWS::SES::EmailIdentity'), (resource) =>
    emailIdentityOf(scope, resource),
  ).filter((identity) => inUse(identity, texts));
  const buckets = readEach(ofType('AWS::S3::Bucket'), (resource) => bucketOf(scope, resource)).filter(
    (bucket) => inUse(bucket, texts),
  );

  const leadsTo = (resource: Resource, wanted: readonly Resource[]): boolean =>
    [...references.from(resource)].some((target) => wanted.includes(throughVersion(references, target)));
  const integrations = ofType('AWS::ApiGatewayV2::Integration').filter((one) => leadsTo(one, running));
  const routes = ofType('AWS::ApiGatewayV2::Route').filter((one) => leadsTo(one, integrations));
  const apis = apiParts(scope, resources)
    .filter((parts) => parts.integrations.some((one) => integrations.includes(one)))
    .map((parts) => ({
      parts,
      resource: parts.api,
      ...httpApiOf(scope, parts, targets.functions, options.jwtClaims),
    }));

  const schedules = readEach(
    resources.filter((one) => isSchedule(one) && leadsTo(one, running)),
    (resource) => scheduleOf(scope, resource, targets.functions),
  );

  const readings = [
    ...functions,
    ...mappings,
    ...tables,
    ...topics,
    ...emailIdentities,
    ...buckets,
    ...apis,
    ...schedules,
  ];
  const clusters = clustersThatAreRead(scope, [...named]);
  const findings = [
    ...findingsOf(readings),
    ...findingsOf(clusters),
    ...doubtfulConditions(scope, [
      ...new Set([
        ...readings.map(({ resource }) => resource),
        ...apis.flatMap(({ parts }) => partsOf(parts)),
        ...clusters.map(({ resource }) => resource),
      ]),
    ]),
    ...routesOfForeignApis(
      scope,
      routes,
      apis.map(({ parts }) => parts),
    ),
    ...leftOut(references, running),
    ...nameClashes(functions, 'FunctionName'),
    ...nameClashes(tables, 'TableName'),
    ...nameClashes(topics, 'TopicName'),
    ...nameClashes(buckets, 'BucketName'),
    ...nameClashes(mappings.map(asNamedGroup), 'AmazonManagedKafkaEventSourceConfig.ConsumerGroupId'),
    ...unknownOverlayKeys(options.environment, running),
    ...unknownClaimKeys(
      options.jwtClaims,
      apis.map(({ parts }) => parts),
    ),
  ];
  const emulated = new Set([
    ...readings.filter(({ model }) => model !== undefined).map(({ resource }) => resource),
    ...apis.flatMap(({ parts }) => partsOf(parts)),
    ...clusters.map(({ resource }) => resource),
    ...resources.filter(asksForBrokers),
  ]);
  const { accepted, open } = sortedByAcceptance(findings, options.accept, assembly);
  const acceptedFindings = accepted.map((finding) => {
    const isIt = ({ stackId, logicalId }: Resource): boolean =>
      finding.stackId === stackId && finding.logicalId === logicalId;
    const lost = resources.find((one) => isIt(one) && !emulated.has(one));
    const users = lost === undefined ? [] : resources.filter((one) => leadsTo(one, [lost]));
    return { finding, lost, users: users.filter((one) => !bystanders.has(one.type)) };
  });
  const leftOutByAcceptance = new Set(acceptedFindings.flatMap(({ lost, users }) => [lost, ...users]));
  const declared = firstOfEachName(modelsOf(topics));
  return {
    model: {
      account: facts.account,
      region: facts.region,
      functions: firstOfEachName(targets.functions),
      mappings: modelsOf(mappings),
      tables: firstOfEachName(modelsOf(tables)),
      topics: [...declared, ...undeclaredTopics(kafkaMappings, declared)],
      buckets: firstOfEachName(modelsOf(buckets)),
      emailIdentities: modelsOf(emailIdentities),
      apis: modelsOf(apis),
      schedules: modelsOf(schedules),
      notEmulated: resources
        .filter((resource) => !emulated.has(resource) && !leftOutByAcceptance.has(resource))
        .map(asNotEmulated),
      accepted: acceptedFindings.map(({ finding, users }) => ({
        ...finding,
        reliedOnBy: users.map(({ path }) => path),
      })),
      outputs: outputsOf(scope),
    },
    findings: open,
  };
}

/** A mapping that came to nothing without a finding belongs to a function that does not run here. */
function isConcerned({ model, findings }: ReadResource<unknown>): boolean {
  return model !== undefined || findings.length > 0;
}

/** Lambda refuses a second mapping with a group id; here the two would share the topic's partitions. */
function asNamedGroup({
  model,
  ...rest
}: ReadResource<MappingModel>): ReadResource<{ readonly name: string }> {
  return { ...rest, model: model?.kind === 'kafka' ? { name: model.groupId } : undefined };
}

function asNotEmulated({ logicalId, path, type }: Resource): NotEmulated {
  return { logicalId, path, type };
}

function outputsOf(scope: Scope): Record<string, string> {
  const outputs: Record<string, string> = {};
  for (const stack of scope.assembly.stacks) {
    for (const [name, output] of stack.outputs) {
      const resolution = scope.outputValue(stack, output);
      const text = resolution.resolved ? textOf(resolution.value) : undefined;
      if (text !== undefined) outputs[`${stack.name}.${name}`] = text;
    }
  }
  return outputs;
}

/** A finding for each of the resources of which it cannot be told whether they exist; accepted, they do. */
function doubtfulConditions(scope: Scope, resources: readonly Resource[]): Finding[] {
  return resources.flatMap((resource) => {
    const exists = scope.exists(resource);
    return exists.resolved ? [] : [unresolvedFinding(resource, 'Condition', exists)];
  });
}
