import { resolved } from '../assembly/resolution.ts';
import { type Answer, arn, name, type TypeFacts } from './resource-type.ts';

const queueUrl: Answer = ({ name, facts }) =>
  resolved(`https://sqs.${facts.region}.amazonaws.com/${facts.account}/${name}`);
const topicArn = arn('sns', ({ name }) => name);

/**
 * Types that are not emulated and have a name all the same: templates put it into permissions and variables, and what
 * isn't run doesn't need more.
 */
export const namedOnly: Readonly<Record<string, TypeFacts>> = {
  'AWS::Logs::LogGroup': {
    nameProperty: 'LogGroupName',
    nameLimit: 512,
    ref: name,
    attributes: { Arn: arn('logs', ({ name }) => `log-group:${name}:*`) },
  },
  'AWS::IAM::Role': {
    nameProperty: 'RoleName',
    nameLimit: 64,
    ref: name,
    attributes: { Arn: ({ name, facts }) => resolved(`arn:aws:iam::${facts.account}:role/${name}`) },
  },
  'AWS::SQS::Queue': {
    nameProperty: 'QueueName',
    nameLimit: 80,
    ref: queueUrl,
    attributes: { Arn: arn('sqs', ({ name }) => name), QueueName: name, QueueUrl: queueUrl },
    nameOnly: true,
  },
  'AWS::SNS::Topic': {
    nameProperty: 'TopicName',
    nameLimit: 256,
    ref: topicArn,
    attributes: { TopicArn: topicArn, TopicName: name },
    nameOnly: true,
  },
};
