import { Match, type Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { synthesizedStacks } from '../../support/template.ts';

const jwt = { jwtIssuer: 'https://login.example.com/', jwtAudience: 'orders,shop' };

const routesOf = (template: Template) =>
  Object.values(template.findResources('AWS::ApiGatewayV2::Route')).map(({ Properties }) => Properties);

const checkoutOf = (template: Template) => {
  const [checkout] = Object.entries(template.findResources('AWS::Lambda::Function')).filter(([id]) =>
    id.startsWith('Checkout'),
  );
  return checkout?.[1].Properties;
};

describe('CheckoutApi', () => {
  let template: Template;
  let remove: () => void;
  beforeAll(() => {
    ({ orders: template, remove } = synthesizedStacks());
  });
  afterAll(() => remove());

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
  const synthesized = (context: Record<string, string>): Template => {
    const { orders, remove } = synthesizedStacks(context);
    onTestFinished(remove);
    return orders;
  };

  it('wants a token of the issuer for the audience on every route, and tells the checkout', () => {
    const template = synthesized(jwt);
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
    template.allResourcesProperties('AWS::ApiGatewayV2::Api', { CorsConfiguration: Match.absent() });
  });

  it('answers the origins that it is told, and lets them send what an order needs', () => {
    const template = synthesized({ ...jwt, corsOrigins: 'https://shop.example.com' });
    template.hasResourceProperties('AWS::ApiGatewayV2::Api', {
      CorsConfiguration: {
        AllowOrigins: ['https://shop.example.com'],
        AllowMethods: ['GET', 'POST'],
        AllowHeaders: Match.arrayWith(['authorization', 'idempotency-key']),
      },
    });
  });
});
