import { describe, expect, it } from 'vitest';
import { accepts, functionResource, judged } from '../fixtures.ts';

const arn = { 'Fn::GetAtt': ['Sweep', 'Arn'] };
const rule = (properties: Readonly<Record<string, unknown>> = {}) => ({
  Sweep: functionResource(),
  Every: {
    Type: 'AWS::Events::Rule',
    Properties: { ScheduleExpression: 'rate(5 minutes)', Targets: [{ Id: 'a', Arn: arn }], ...properties },
  },
});
const schedule = (properties: Readonly<Record<string, unknown>> = {}, target: object = {}) => ({
  Sweep: functionResource(),
  Every: {
    Type: 'AWS::Scheduler::Schedule',
    Properties: {
      ScheduleExpression: 'rate(5 minutes)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: { Arn: arn, RoleArn: 'arn:aws:iam::000000000000:role/scheduler', ...target },
      ...properties,
    },
  },
});

describe('a rule with a schedule', () => {
  it('invokes its function with the event, unless it names an input', () => {
    const targets = [{ Arn: arn }, { Arn: arn, Input: '{"full":true}' }];
    const { model, findings } = judged(rule({ Targets: targets }));
    expect(findings).toEqual([]);
    expect(model.schedules).toEqual([
      {
        kind: 'rule',
        logicalId: 'Every',
        path: 'Every',
        arn: 'arn:aws:events:us-east-1:000000000000:rule/App-Every',
        enabled: true,
        text: 'rate(5 minutes)',
        expression: { kind: 'rate', everyMs: 300_000 },
        targets: [
          { functionName: 'App-Sweep', input: undefined },
          { functionName: 'App-Sweep', input: '{"full":true}' },
        ],
      },
    ]);
    expect(model.notEmulated).toEqual([]);
  });

  it('may be disabled, and has the name the template gives it', () => {
    const { model } = judged(rule({ State: 'DISABLED', Name: 'sweep-it' }));
    expect(model.schedules[0]).toMatchObject({
      enabled: false,
      arn: 'arn:aws:events:us-east-1:000000000000:rule/sweep-it',
    });
  });

  it.each([
    ['InputPath', { InputPath: '$.detail' }],
    ['InputTransformer', { InputTransformer: { InputTemplate: '{}' } }],
    ['Input', { Input: 'no JSON' }],
    ['SqsParameters', { SqsParameters: { MessageGroupId: 'a' } }],
  ])('is refused for a target’s %s', (property, part) => {
    const { findings } = judged(rule({ Targets: [{ Arn: arn, ...part }] }));
    expect(accepts(findings)).toEqual([`Every.Targets.0.${property}`]);
  });

  it.each([
    ['EventPattern', { source: ['orders'] }],
    ['EventBusName', 'other'],
    ['ScheduleExpression', 'cron(0 10 * * * *)'],
    ['State', 'PAUSED'],
  ])('is refused for %s', (property, value) => {
    expect(accepts(judged(rule({ [property]: value })).findings)).toEqual([`Every.${property}`]);
  });

  it('leaves out a target that is no function of this app, once that is accepted', () => {
    const foreign = 'arn:aws:lambda:us-east-1:000000000000:function:foreign';
    const queue = { 'Fn::GetAtt': ['Queue', 'Arn'] };
    const app = {
      ...rule({ Targets: [{ Arn: arn }, { Arn: foreign }, { Arn: queue }] }),
      Queue: { Type: 'AWS::SQS::Queue' },
    };
    const words = ['Every.Targets.1.Arn', 'Every.Targets.2.Arn'];
    expect(accepts(judged(app).findings)).toEqual(words);
    const { model, findings } = judged(app, { accept: new Set(words) });
    expect(findings).toEqual([]);
    expect(model.schedules[0]?.targets).toEqual([{ functionName: 'App-Sweep', input: undefined }]);
  });

  it('leaves out without a word a function that is left out', () => {
    const app = { ...rule(), Sweep: functionResource({ Runtime: 'python3.13' }) };
    const { model, findings } = judged(app, { accept: new Set(['Sweep.Runtime']) });
    expect(findings).toEqual([]);
    expect(model.schedules[0]?.targets).toEqual([]);
  });

  it('reaches a function through its alias', () => {
    const app = {
      ...rule({ Targets: [{ Arn: { Ref: 'Live' } }] }),
      Live: { Type: 'AWS::Lambda::Alias', Properties: { FunctionName: { Ref: 'Sweep' }, Name: 'live' } },
    };
    expect(judged(app).model.schedules[0]?.targets).toMatchObject([{ functionName: 'App-Sweep' }]);
  });

  it('is not emulated, without a finding, where it invokes no function', () => {
    const app = rule({ Targets: [{ Arn: 'arn:aws:sqs:us-east-1:000000000000:q' }] });
    const { model, findings } = judged(app);
    expect(findings).toEqual([]);
    expect(model.schedules).toEqual([]);
    expect(model.notEmulated.map(({ logicalId }) => logicalId)).toEqual(['Every']);
  });
});

describe('a rule with an event pattern alone', () => {
  it('is a finding as a whole', () => {
    const app = rule({ ScheduleExpression: undefined, EventPattern: { source: ['orders'] } });
    const { model, findings } = judged(app);
    expect(accepts(findings)).toEqual(['Every']);
    expect(model.schedules).toEqual([]);
  });
});

describe('a schedule', () => {
  it('invokes its function', () => {
    const app = schedule({ GroupName: 'nightly', ScheduleExpression: 'at(2026-12-01T08:00:00)' });
    const { model, findings } = judged(app);
    expect(findings).toEqual([]);
    expect(model.schedules).toMatchObject([
      {
        kind: 'schedule',
        arn: 'arn:aws:scheduler:us-east-1:000000000000:schedule/nightly/App-Every',
        expression: { kind: 'at', atMs: Date.parse('2026-12-01T08:00:00Z') },
        targets: [{ functionName: 'App-Sweep' }],
      },
    ]);
  });

  it.each([
    ['FlexibleTimeWindow.Mode', { FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 5 } }],
    ['ScheduleExpressionTimezone', { ScheduleExpressionTimezone: 'Europe/Vienna' }],
    ['StartDate', { StartDate: '2027-01-01T00:00:00Z' }],
    ['EndDate', { EndDate: '2027-01-01T00:00:00Z' }],
  ])('is refused for %s', (property, properties) => {
    expect(accepts(judged(schedule(properties)).findings)).toEqual([`Every.${property}`]);
  });

  it('is refused for a target of another service', () => {
    const sdkCall = 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage';
    const app = { ...schedule({}, { Arn: sdkCall, Input: { 'Fn::Join': ['', ['{"to":"', arn, '"}']] } }) };
    expect(accepts(judged(app).findings)).toEqual(['Every.Target.Arn']);
  });
});
