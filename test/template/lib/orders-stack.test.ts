import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { badDeployBudgetMs, outageBudgetMs } from '../../../functions/kafka/patience.ts';
import { PRODUCTION } from '../../support/contexts.ts';
import { actionsOf, CONSUMERS, KAFKA_CONSUMERS, statementsOf, synthesized } from '../../support/template.ts';

describe('OrdersStack', () => {
  const { orders: template } = synthesized();

  const kafkaMappings = () =>
    Object.values(
      template.findResources('AWS::Lambda::EventSourceMapping', { Properties: { Topics: ['orders'] } }),
    );

  it('reads the topic in a group for each consumer, from the beginning, and gives up by halves', () => {
    const groups = kafkaMappings().map(
      ({ Properties }) => Properties.AmazonManagedKafkaEventSourceConfig.ConsumerGroupId,
    );
    expect(groups.sort()).toEqual(CONSUMERS.map(({ groupId }) => groupId).sort());
    for (const { Properties } of kafkaMappings()) {
      expect(Properties).toMatchObject({
        StartingPosition: 'TRIM_HORIZON',
        BatchSize: 100,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ProvisionedPollerConfig: { MinimumPollers: 1, MaximumPollers: 1, PollerGroupName: 'orderly' },
        BisectBatchOnFunctionError: true,
        DestinationConfig: { OnFailure: { Destination: 'kafka://orders.dead-letters' } },
      });
      expect(Properties).not.toHaveProperty('MaximumRecordAgeInSeconds');
    }
  });

  it('tells labels who sends, in ASCII, where that is set', () => {
    const [output] = Object.values(synthesized('production').orders.findOutputs('ReturnAddress'));
    expect(output?.Value).toMatch(/^[\x20-\x7e]+$/);
    expect(JSON.parse(output?.Value)).toEqual(PRODUCTION.returnAddress);
    expect(template.findOutputs('ReturnAddress')).toEqual({});
  });

  it('survives an outage of more than an hour before a record is given up', () => {
    for (const { Properties } of kafkaMappings()) {
      const { Ref: id } = Properties.FunctionName;
      const deliveries = {
        timeoutMs: template.findResources('AWS::Lambda::Function')[id]?.Properties.Timeout * 1000,
        retryAttempts: Properties.MaximumRetryAttempts,
      };
      expect(outageBudgetMs(deliveries)).toBeGreaterThan(60 * 60_000);
      expect(badDeployBudgetMs(deliveries)).toBeGreaterThan(60 * 60_000);
    }
  });

  it('updates the checkout, which writes events, after the consumers that have to read them', () => {
    const checkouts = template.findResources('AWS::Lambda::Function', {
      Properties: { Environment: { Variables: { ORDERS_TABLE: Match.anyValue() } } },
    });
    const readers = kafkaMappings().map(({ Properties }) => Properties.FunctionName.Ref);
    expect(readers).toHaveLength(CONSUMERS.length);
    expect(Object.values(checkouts).map(({ DependsOn }) => DependsOn)).toEqual([
      expect.arrayContaining(readers),
    ]);
  });

  it('collects what was given up in a group of its own, and gives up nothing of that', () => {
    const topic = { Properties: { Topics: ['orders.dead-letters'] } };
    const [mapping, ...others] = Object.values(
      template.findResources('AWS::Lambda::EventSourceMapping', topic),
    );
    expect(others).toEqual([]);
    expect(mapping?.Properties).toMatchObject({
      FunctionName: { Ref: expect.stringMatching(/^DeadLetterCollectorFunction/) },
      AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: 'dead-letters' },
      StartingPosition: 'TRIM_HORIZON',
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
    for (const limit of ['MaximumRetryAttempts', 'DestinationConfig', 'BisectBatchOnFunctionError'])
      expect(mapping?.Properties).not.toHaveProperty(limit);
  });

  it('tells the collector which function handles which group', () => {
    const [collector] = Object.values(
      template.findResources('AWS::Lambda::Function', {
        Properties: { Environment: { Variables: { CONSUMERS: Match.anyValue() } } },
      }),
    );
    const [, parts] = collector?.Properties.Environment.Variables.CONSUMERS['Fn::Join'] ?? [];
    const text = parts.map((part: string | { Ref: string }) => (typeof part === 'string' ? part : part.Ref));
    expect(JSON.parse(text.join(''))).toEqual(
      Object.fromEntries(
        CONSUMERS.map(({ id, groupId }) => [groupId, expect.stringMatching(`^${id}Function`)]),
      ),
    );
  });

  it('wakes the relay for inserts into the outbox, where no order blocks the shard for long, and sweeps what is left behind', () => {
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('Outbox'), 'StreamArn'] },
      StartingPosition: 'TRIM_HORIZON',
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      FilterCriteria: { Filters: [{ Pattern: '{"eventName":["INSERT"]}' }] },
      MaximumRetryAttempts: 5,
    });
    template.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'rate(5 minutes)',
      Targets: [{ Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Relay'), 'Arn'] } }],
    });
    template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      KeySchema: [
        { AttributeName: 'orderId', KeyType: 'HASH' },
        { AttributeName: 'seq', KeyType: 'RANGE' },
      ],
      StreamSpecification: { StreamViewType: 'KEYS_ONLY' },
    });
  });

  it('keeps its tables on demand, and lets the ledger of mails expire', () => {
    template.allResourcesProperties('AWS::DynamoDB::GlobalTable', { BillingMode: 'PAY_PER_REQUEST' });
    template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      KeySchema: [{ AttributeName: 'eventKey', KeyType: 'HASH' }],
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    });
  });

  it('runs on Node 24, arm64, with JSON logs kept a month', () => {
    const own = Object.values(template.findResources('AWS::Lambda::Function')).filter(
      // CDK's own helpers have none, or one put together of parts.
      ({ Properties }) => typeof Properties.Description === 'string',
    );
    // Beside them: checkout, relay and manifest.
    expect(own).toHaveLength(KAFKA_CONSUMERS.length + 3);
    for (const { Properties } of own) {
      expect(Properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        LoggingConfig: { LogFormat: 'JSON' },
      });
    }
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 });
  });

  it('puts the relay, and no other function, into the VPC', () => {
    const inVpc = template.findResources('AWS::Lambda::Function', {
      Properties: { VpcConfig: Match.anyValue() },
    });
    expect(Object.keys(inVpc)).toEqual([expect.stringMatching(/^Relay/)]);
  });

  it('asks for the brokers of the one cluster at deployment and hands them to the relay', () => {
    template.resourceCountIs('Custom::AWS', 1);
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: {
          KAFKA_BOOTSTRAP_SERVERS: {
            'Fn::GetAtt': [Match.stringLikeRegexp('BootstrapBrokers'), 'BootstrapBrokerStringSaslIam'],
          },
        },
      },
    });
  });

  it.each([
    [
      'CheckoutRole',
      [
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:PutItem',
        'dynamodb:UpdateItem',
        'logs:CreateLogStream',
        'logs:PutLogEvents',
      ],
    ],
    [
      'RelayRole',
      [
        'dynamodb:BatchGetItem',
        'dynamodb:BatchWriteItem',
        'dynamodb:DescribeStream',
        'dynamodb:GetRecords',
        'dynamodb:GetShardIterator',
        'dynamodb:ListStreams',
        'dynamodb:Query',
        'dynamodb:Scan',
        'ec2:AssignPrivateIpAddresses',
        'ec2:CreateNetworkInterface',
        'ec2:DeleteNetworkInterface',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSubnets',
        'ec2:UnassignPrivateIpAddresses',
        'kafka-cluster:Connect',
        'kafka-cluster:DescribeTopic',
        'kafka-cluster:WriteData',
        'logs:CreateLogStream',
        'logs:PutLogEvents',
      ],
    ],
  ])('gives %s what it uses and no more', (role, actions) => {
    expect(actionsOf(statementsOf(template, role))).toEqual(actions);
  });

  it.each(CONSUMERS)('lets $id read the topic in its own group alone', ({ id, groupId }) => {
    const on = (action: string) =>
      statementsOf(template, `${id}Role`)
        .filter(({ Action }) => [Action].flat().includes(`kafka-cluster:${action}`))
        .map(({ Resource }) => JSON.stringify(Resource));
    expect(on('AlterGroup')).toEqual([expect.stringContaining(`/${groupId}"`)]);
    expect(on('WriteData')).toEqual([expect.stringContaining('/orders.dead-letters"')]);
    expect(on('ReadData').sort()).toEqual([
      expect.stringContaining('/orders"'),
      // Of the destination, which Lambda asks for: https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure-destination.html
      expect.stringContaining('/orders.dead-letters"'),
    ]);
  });

  it('lets email write mails in the sender’s name alone, to anybody', () => {
    const [mails] = statementsOf(template, 'EmailRole').filter(({ Action }) => Action === 'ses:SendEmail');
    expect(mails).toMatchObject({
      Condition: { StringEquals: { 'ses:FromAddress': 'orders@example.com' } },
    });
    expect(JSON.stringify(mails?.Resource)).toMatch(/:configuration-set\/\*.*:identity\/\*/);
  });

  it('asks SES for its sender, unless the account has it already', () => {
    template.hasResourceProperties('AWS::SES::EmailIdentity', { EmailIdentity: 'orders@example.com' });
    const { orders } = synthesized('the sandbox with a sender and zones of one’s own');
    orders.resourceCountIs('AWS::SES::EmailIdentity', 0);
    const from = (of: typeof template) =>
      JSON.stringify(Object.values(of.findResources('AWS::Lambda::Function'))).match(/"MAIL_FROM":[^,}]+}?/g);
    expect(from(template)).toEqual([expect.stringMatching(/"Ref":"Sender/)]);
    expect(from(orders)).toEqual(['"MAIL_FROM":"orders@shop.example"']);
  });

  it('lets the collector read the dead-letter topic in its own group and write letters, and no more', () => {
    const statements = statementsOf(template, 'DeadLetterCollectorRole');
    const own = statements.map(({ Action, Resource }) => [
      [Action].flat().filter((action) => /^(kafka-cluster|dynamodb):/.test(action)),
      JSON.stringify(Resource),
    ]);
    expect(own.filter(([actions]) => actions?.length !== 0)).toEqual([
      [['dynamodb:UpdateItem'], expect.stringContaining('TablesDeadLetters')],
      [
        [
          'kafka-cluster:Connect',
          'kafka-cluster:DescribeCluster',
          'kafka-cluster:DescribeClusterDynamicConfiguration',
        ],
        expect.stringMatching(/Cluster\w+Arn/),
      ],
      [
        ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'],
        expect.stringContaining('/orders.dead-letters"'),
      ],
      [
        ['kafka-cluster:AlterGroup', 'kafka-cluster:DescribeGroup'],
        expect.stringContaining('/dead-letters"'),
      ],
    ]);
  });
});
