import { Match, Template } from 'aws-cdk-lib/assertions';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { describe, expect, it } from 'vitest';
import { CheckoutApi } from '../../../lib/checkout-api.ts';
import { sandbox } from '../../../lib/stages.ts';
import { stackOfItsOwn } from '../../support/stack-of-its-own.ts';
import { synthesized } from '../../support/template.ts';

const routesOf = (template: Template) =>
  Object.values(template.findResources('AWS::ApiGatewayV2::Route')).map(({ Properties }) => Properties);

const checkoutOf = (template: Template) => {
  const [checkout] = Object.entries(template.findResources('AWS::Lambda::Function')).filter(([id]) =>
    id.startsWith('Checkout'),
  );
  return checkout?.[1].Properties;
};

describe('CheckoutApi', () => {
  const { orders: template } = synthesized();

  it('wants IAM on every route unless told otherwise, and tells the checkout', () => {
    expect(
      routesOf(template)
        .map(({ RouteKey, AuthorizationType }) => [RouteKey, AuthorizationType])
        .sort(),
    ).toEqual([
      ['GET /orders/{orderId}', 'AWS_IAM'],
      ['POST /orders', 'AWS_IAM'],
      ['POST /orders/{orderId}/cancel', 'AWS_IAM'],
    ]);
    expect(checkoutOf(template).Environment.Variables).toMatchObject({ API_AUTH: 'iam' });
    template.hasOutput('ApiAuth', { Value: 'iam' });
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

describe('CheckoutApi with tokens', () => {
  const { orders: template } = synthesized('the sandbox for customers');

  it('wants a token of the issuer for the audience on every route, and tells the checkout', () => {
    const authorizers = template.findResources('AWS::ApiGatewayV2::Authorizer');
    expect(Object.values(authorizers).map(({ Properties }) => Properties)).toMatchObject([
      {
        AuthorizerType: 'JWT',
        IdentitySource: ['$request.header.Authorization'],
        JwtConfiguration: { Issuer: 'https://login.example.com/', Audience: ['orders', 'shop'] },
      },
    ]);
    const routes = routesOf(template);
    expect(routes).toHaveLength(3);
    for (const { AuthorizationType, AuthorizerId } of routes) {
      expect([AuthorizationType, AuthorizerId]).toEqual(['JWT', { Ref: Object.keys(authorizers)[0] }]);
    }
    expect(checkoutOf(template).Environment.Variables).toMatchObject({ API_AUTH: 'jwt' });
    template.hasOutput('ApiAuth', { Value: 'jwt' });
  });

  it('answers the origins that it is told, and lets them send what an order needs', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Api', {
      CorsConfiguration: {
        AllowOrigins: ['https://shop.example.com'],
        AllowMethods: ['GET', 'POST'],
        AllowHeaders: Match.arrayWith(['authorization', 'idempotency-key']),
      },
    });
  });

  it('answers no origin unless it is told one', () => {
    const stack = stackOfItsOwn();
    new CheckoutApi(stack, 'CheckoutApi', {
      checkout: lambda.Function.fromFunctionArn(
        stack,
        'Checkout',
        'arn:aws:lambda:eu-west-1:123456789012:function:checkout',
      ),
      access: { kind: 'jwt', issuer: 'https://login.example.com/', audience: ['orders'], corsOrigins: [] },
      stage: sandbox,
    });
    Template.fromStack(stack).allResourcesProperties('AWS::ApiGatewayV2::Api', {
      CorsConfiguration: Match.absent(),
    });
  });
});
