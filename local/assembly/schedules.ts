import { z } from 'zod';
import { isJson } from '../json.ts';
import { readExpression } from '../schedules/expression.ts';
import type { Resource } from './assembly.ts';
import { findingOn } from './findings.ts';
import { functionNameIn } from './known-types.ts';
import type { Finding, FunctionModel, ScheduleModel, ScheduleTarget } from './model.ts';
import type { Reading } from './reading.ts';
import { textOf } from './resolution.ts';
import { ruleSupport, scheduleSupport } from './schedule-support.ts';
import type { Scope } from './scope.ts';
import { type Shaped, shaped, textInTemplate } from './shape.ts';
import { judge } from './support.ts';

/** A target whose ARN is not known has a finding already. */
const target = z.object({
  Arn: textInTemplate.optional(),
  Input: textInTemplate.refine(isJson, 'it is not JSON').optional(),
});
type Target = z.infer<typeof target>;

const ruleShape = z
  .object({
    ScheduleExpression: textInTemplate,
    State: z
      .enum(['ENABLED', 'DISABLED', 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS'])
      .default('ENABLED'),
    Targets: z.array(target).default([]),
  })
  .transform(({ Targets, ...rest }) => ({ ...rest, targets: Targets }));

const scheduleShape = z
  .object({
    ScheduleExpression: textInTemplate,
    State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
    Target: target,
  })
  .transform(({ Target, ...rest }) => ({ ...rest, targets: [Target] }));

type Values = z.infer<typeof ruleShape>;

/** Whether the resource may invoke functions by the clock. */
export function isSchedule({ type }: Resource): boolean {
  return type === 'AWS::Events::Rule' || type === 'AWS::Scheduler::Schedule';
}

/**
 * Reads an `AWS::Events::Rule` or an `AWS::Scheduler::Schedule`; `model` is `undefined` if it does not run here.
 *
 * A target that is a function of this app which was left out is left out too, without a finding of its own.
 */
export function scheduleOf(
  scope: Scope,
  resource: Resource,
  functions: readonly FunctionModel[],
): Reading<ScheduleModel> {
  const isRule = resource.type === 'AWS::Events::Rule';
  if (isRule && resource.properties.ScheduleExpression === undefined) {
    const message = 'events are not matched here: it invokes no function';
    return { model: undefined, findings: [findingOn(resource, undefined, message)] };
  }
  const { value, findings }: Shaped<Values> = isRule
    ? shaped(resource, judge(scope, resource, ruleSupport), ruleShape)
    : shaped(resource, judge(scope, resource, scheduleSupport), scheduleShape);
  if (value === undefined) return { model: undefined, findings };

  const text = value.ScheduleExpression;
  const read = readExpression(text, isRule ? 'events' : 'scheduler');
  if ('refused' in read) {
    const message = `${read.refused}; accepted, the schedule is left out`;
    return { model: undefined, findings: [...findings, findingOn(resource, 'ScheduleExpression', message)] };
  }
  const targets = targetsOf(scope, resource, value.targets, functions);
  const arn = scope.resolve(resource.stackId, { 'Fn::GetAtt': [resource.logicalId, 'Arn'] });
  return {
    model: {
      kind: isRule ? 'rule' : 'schedule',
      logicalId: resource.logicalId,
      path: resource.path,
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
  targets: readonly Target[],
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
