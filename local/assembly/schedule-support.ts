import { harmless, honoured, only, parts, refused, type SupportTable } from './support.ts';
import { encryption, iam, label } from './support-table.ts';

const delivery = harmless('it is for events that cannot be handed to Lambda, which does not happen here');
const otherTarget = refused('schedules invoke nothing but functions here');

/** A target of a rule and of a schedule. */
const anyTarget: SupportTable = {
  Arn: honoured,
  DeadLetterConfig: delivery,
  EcsParameters: otherTarget,
  Input: honoured,
  KinesisParameters: otherTarget,
  RetryPolicy: delivery,
  RoleArn: iam,
  SageMakerPipelineParameters: otherTarget,
  SqsParameters: otherTarget,
};

/** `AWS::Events::Rule` with a schedule expression. */
export const ruleSupport: SupportTable = {
  Description: label,
  EventBusName: only(['default'], 'schedules belong to the default event bus'),
  EventPattern: refused('events are not matched here: the rule fires by its schedule alone'),
  Name: honoured,
  RoleArn: iam,
  ScheduleExpression: honoured,
  State: honoured,
  Tags: label,
  Targets: parts({
    ...anyTarget,
    AppSyncParameters: otherTarget,
    BatchParameters: otherTarget,
    HttpParameters: otherTarget,
    Id: label,
    InputPath: refused('no part of the event is selected here: the function gets all of it'),
    InputTransformer: refused('the event is not transformed here: the function gets it as it is'),
    RedshiftDataParameters: otherTarget,
    RunCommandParameters: otherTarget,
  }),
};

/** `AWS::Scheduler::Schedule` */
export const scheduleSupport: SupportTable = {
  Description: label,
  EndDate: refused('a schedule does not end here'),
  FlexibleTimeWindow: parts({
    MaximumWindowInMinutes: harmless('without a flexible time window it is not used'),
    Mode: only(['OFF'], 'a schedule runs at its time here, not somewhere in a window'),
  }),
  GroupName: honoured,
  KmsKeyArn: encryption,
  Name: honoured,
  ScheduleExpression: honoured,
  ScheduleExpressionTimezone: only(['UTC', 'Etc/UTC'], 'schedules follow UTC here'),
  StartDate: refused('a schedule begins when the local cloud is up'),
  State: honoured,
  Target: parts({ ...anyTarget, EventBridgeParameters: otherTarget }),
};
