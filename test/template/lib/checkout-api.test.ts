import { Match, type Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { synthesized } from '../../support/template.ts';

const routesOf = (template: Template) =>
  Object.values(template.findResources('AWS::ApiGatewayV2::Route')).map(({ Properties }) => Properties);

describe('CheckoutApi', () => {
  const { orders: template } = synthesized();

  it('wants IAM on every route: who calls answers for customer, address and price', () => {
    expect(
      routesOf(template)
        .map(({ RouteKey, AuthorizationType }) => [RouteKey, AuthorizationType])
        .sort(),
    ).toEqual([
      ['GET /orders/{orderId}', 'AWS_IAM'],
      ['POST /orders', 'AWS_IAM'],
      ['POST /orders/{orderId}/cancel', 'AWS_IAM'],
    ]);
  });

  it('answers no other origin', () => {
    template.allResourcesProperties('AWS::ApiGatewayV2::Api', { CorsConfiguration: Match.absent() });
  });

  it('has one stage, throttled, which says of a request what leads to nobody', () => {
    const [stage, ...others] = Object.values(template.findResources('AWS::ApiGatewayV2::Stage'));
    expect(others).toEqual([]);
    expect(stage?.Properties).toMatchObject({
      StageName: '$default',
      AutoDeploy: true,
      DefaultRouteSettings: { ThrottlingRateLimit: 200, ThrottlingBurstLimit: 400 },
      AccessLogSettings: {
        DestinationArn: { 'Fn::GetAtt': [expect.stringMatching(/AccessLogs/), 'Arn'] },
      },
    });
    const line: Record<string, string> = JSON.parse(stage?.Properties.AccessLogSettings.Format);
    expect(Object.values(line)).toContain('$context.requestId');
    for (const variable of Object.values(line)) {
      expect(variable).toMatch(/^\$context\.[a-zA-Z.]+$/);
      expect(variable).not.toMatch(/identity|claims|principal|sourceIp|userAgent|path|caller|user/i);
    }
  });
});
