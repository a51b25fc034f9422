import { z } from 'zod';
import type { Resource } from '../assembly/assembly.ts';
import { type Finding, findingOn } from '../assembly/findings.ts';
import { type Resolution, textOf, whenResolved } from '../assembly/resolution.ts';
import type { Scope } from '../assembly/scope.ts';
import { isJson } from '../json.ts';
import { readExpression } from '../schedules/expression.ts';
import { type FunctionModel, functionNameIn, functions } from './function.ts';
import {
  encryption,
  harmless,
  honoured,
  iam,
  label,
  listOf,
  only,
  parts,
  readProperties,
  refused,
  requiredParts,
  textInTemplate,
} from './properties.ts';
import {
  arn,
  type Identity,
  modelsOf,
  name,
  type Part,
  placeOf,
  type Reading,
  type ResourceType,
  readEach,
} from './resource-type.ts';

/** When a schedule runs, in UTC. `everyMs` and `atMs` are milliseconds, the latter since the epoch. */
export type ScheduleExpression =
  | { readonly kind: 'rate'; readonly everyMs: number }
  /** Seven fields, seconds to years; Sunday is 1. */
  | { readonly kind: 'cron'; readonly pattern: string }
  | { readonly kind: 'at'; readonly atMs: number };

/** A schedule that invokes functions. */
export interface ScheduleModel extends Part {
  /** A scheduled rule of EventBridge, or a schedule of EventBridge Scheduler: their events differ. */
  readonly kind: 'rule' | 'schedule';
  readonly arn: string;
  readonly enabled: boolean;
  /** `rate(5 minutes)`, as the template has it. */
  readonly text: string;
  readonly expression: ScheduleExpression;
  readonly targets: readonly ScheduleTarget[];
}

export interface ScheduleTarget {
  readonly functionName: string;
  /** The JSON that the function gets instead of the scheduled event. */
  readonly input: string | undefined;
}

const otherTarget = 'schedules invoke nothing but functions here';

/** A target of a rule and of a schedule. */
const anyTarget = {
  // One that is not known has a finding already.
  Arn: honoured(textInTemplate.optional()),
  Input: honoured(textInTemplate.refine(isJson, 'it is not JSON').optional()),
  ...refused(
    otherTarget,
    'EcsParameters',
    'KinesisParameters',
    'SageMakerPipelineParameters',
    'SqsParameters',
  ),
  ...harmless(
    'it is for events that cannot be handed to Lambda, which does not happen here',
    'DeadLetterConfig',
    'RetryPolicy',
  ),
  ...iam('RoleArn'),
};

/** `AWS::Events::Rule` with a schedule expression. */
const ruleProperties = {
  EventBusName: only(['default'], 'schedules belong to the default event bus'),
  Name: honoured(),
  ScheduleExpression: honoured(textInTemplate),
  State: honoured(
    z.enum(['ENABLED', 'DISABLED', 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS']).default('ENABLED'),
  ),
  Targets: listOf({
    ...anyTarget,
    ...refused(
      otherTarget,
      'AppSyncParameters',
      'BatchParameters',
      'HttpParameters',
      'RedshiftDataParameters',
      'RunCommandParameters',
    ),
    ...refused('no part of the event is selected here: the function gets all of it', 'InputPath'),
    ...refused('the event is not transformed here: the function gets it as it is', 'InputTransformer'),
    ...label('Id'),
  }),
  ...refused('events are not matched here: the rule fires by its schedule alone', 'EventPattern'),
  ...label('Description', 'Tags'),
  ...iam('RoleArn'),
};

/** `AWS::Scheduler::Schedule` */
const scheduleProperties = {
  FlexibleTimeWindow: parts({
    Mode: only(['OFF'], 'a schedule runs at its time here, not somewhere in a window'),
    ...harmless('without a flexible time window it is not used', 'MaximumWindowInMinutes'),
  }),
  GroupName: honoured(),
  Name: honoured(),
  ScheduleExpression: honoured(textInTemplate),
  ScheduleExpressionTimezone: only(['UTC', 'Etc/UTC'], 'schedules follow UTC here'),
  State: honoured(z.enum(['ENABLED', 'DISABLED']).default('ENABLED')),
  Target: requiredParts({ ...anyTarget, ...refused(otherTarget, 'EventBridgeParameters') }),
  ...refused('a schedule does not end here', 'EndDate'),
  ...refused('a schedule begins when the local cloud is up', 'StartDate'),
  ...label('Description'),
  ...encryption('KmsKeyArn'),
};

function scheduleArn(identity: Identity): Resolution {
  return whenResolved(identity.property('GroupName'), (group) =>
    arn('scheduler', ({ name }) => `schedule/${textOf(group) ?? 'default'}/${name}`)(identity),
  );
}

/** What invokes functions by the clock: EventBridge's rules with a schedule, and EventBridge Scheduler's schedules. */
export const schedules: ResourceType<ScheduleModel> = {
  word: 'schedule',
  types: {
    'AWS::Events::Rule': {
      nameProperty: 'Name',
      nameLimit: 64,
      ref: name,
      attributes: { Arn: arn('events', ({ name }) => `rule/${name}`) },
    },
    'AWS::Scheduler::Schedule': {
      nameProperty: 'Name',
      nameLimit: 64,
      ref: name,
      attributes: { Arn: scheduleArn },
    },
    'AWS::Scheduler::ScheduleGroup': { nameProperty: 'Name', nameLimit: 64, ref: name, attributes: {} },
  },
  read(app) {
    const targets = modelsOf(app.read(functions));
    const invoking = app
      .ofType('AWS::Events::Rule', 'AWS::Scheduler::Schedule')
      .filter((one) => app.leadsTo(one, app.running));
    return readEach(invoking, (resource) => scheduleOf(app.scope, resource, targets));
  },
};

/**
 * Reads an `AWS::Events::Rule` or an `AWS::Scheduler::Schedule`; `model` is `undefined` if it does not run here.
 *
 * A target that is a function of this app which was left out is left out too, without a finding of its own.
 */
function scheduleOf(
  scope: Scope,
  resource: Resource,
  functions: readonly FunctionModel[],
): Reading<ScheduleModel> {
  const isRule = resource.type === 'AWS::Events::Rule';
  if (isRule && resource.properties.ScheduleExpression === undefined) {
    const message = 'events are not matched here: it invokes no function';
    return { model: undefined, findings: [findingOn(resource, undefined, message)] };
  }
  const { value, findings } = isRule
    ? readProperties(scope, resource, ruleProperties)
    : readProperties(scope, resource, scheduleProperties);
  if (value === undefined) return { model: undefined, findings };

  const text = value.ScheduleExpression;
  const read = readExpression(text, isRule ? 'events' : 'scheduler');
  if ('refused' in read) {
    const message = `${read.refused}; accepted, the schedule is left out`;
    return { model: undefined, findings: [...findings, findingOn(resource, 'ScheduleExpression', message)] };
  }
  const targets = targetsOf(scope, resource, 'Targets' in value ? value.Targets : [value.Target], functions);
  const arn = scope.resolve(resource.stackId, { 'Fn::GetAtt': [resource.logicalId, 'Arn'] });
  return {
    model: {
      kind: isRule ? 'rule' : 'schedule',
      ...placeOf(resource),
      arn: (arn.resolved ? textOf(arn.value) : undefined) ?? '',
      enabled: value.State !== 'DISABLED',
      text,
      expression: read.expression,
      targets: targets.models,
    },
    findings: [...findings, ...targets.findings],
  };
}

function targetsOf(
  scope: Scope,
  resource: Resource,
  targets: readonly { readonly Arn: string | undefined; readonly Input: string | undefined }[],
  functions: readonly FunctionModel[],
): { readonly models: readonly ScheduleTarget[]; readonly findings: readonly Finding[] } {
  const models: ScheduleTarget[] = [];
  const findings: Finding[] = [];
  for (const [at, { Arn, Input }] of targets.entries()) {
    if (Arn === undefined) continue;
    const functionName = Arn.split(':')[2] === 'lambda' ? functionNameIn(Arn) : undefined;
    if (functionName !== undefined && functions.some((candidate) => candidate.name === functionName)) {
      models.push({ functionName, input: Input });
    } else if (functionName === undefined || !isOfApp(scope, functionName)) {
      const property = resource.type === 'AWS::Events::Rule' ? `Targets.${at}.Arn` : 'Target.Arn';
      const message = `it is not a function of this app: ${Arn}; accepted, the target is left out`;
      findings.push(findingOn(resource, property, message));
    }
  }
  return { models, findings };
}

function isOfApp(scope: Scope, functionName: string): boolean {
  return scope.assembly.stacks.some((stack) =>
    [...stack.resources.values()].some(
      (resource) =>
        resource.type === 'AWS::Lambda::Function' && scope.identity(resource).name === functionName,
    ),
  );
}
