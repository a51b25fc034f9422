import { describe, expect, it } from 'vitest';
import { accepts, functionResource, judged, judgedTemplates } from '../fixtures.ts';

interface Parts {
  readonly api?: Readonly<Record<string, unknown>>;
  readonly route?: Readonly<Record<string, unknown>>;
  readonly integration?: Readonly<Record<string, unknown>>;
  readonly stage?: Readonly<Record<string, unknown>>;
  readonly authorizer?: Readonly<Record<string, unknown>>;
}

const api = ({ api: own, route, integration, stage, authorizer }: Parts = {}) => ({
  Checkout: functionResource(),
  Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'orders', ProtocolType: 'HTTP', ...own } },
  Route: {
    Type: 'AWS::ApiGatewayV2::Route',
    Properties: {
      ApiId: { Ref: 'Api' },
      RouteKey: 'POST /orders',
      Target: { 'Fn::Join': ['', ['integrations/', { Ref: 'Integration' }]] },
      ...route,
    },
  },
  Integration: {
    Type: 'AWS::ApiGatewayV2::Integration',
    Properties: {
      ApiId: { Ref: 'Api' },
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: { 'Fn::GetAtt': ['Checkout', 'Arn'] },
      PayloadFormatVersion: '2.0',
      ...integration,
    },
  },
  Stage: {
    Type: 'AWS::ApiGatewayV2::Stage',
    Properties: { ApiId: { Ref: 'Api' }, StageName: '$default', AutoDeploy: true, ...stage },
  },
  Authorizer: {
    Type: 'AWS::ApiGatewayV2::Authorizer',
    Properties: {
      ApiId: { Ref: 'Api' },
      AuthorizerType: 'JWT',
      Name: 'jwt',
      JwtConfiguration: { Issuer: 'https://example.com', Audience: ['a'] },
      ...authorizer,
    },
  },
});

describe('HTTP APIs', () => {
  it('have routes to functions, and an id that is the same on every run and machine', () => {
    const { model, findings } = judged(api());
    expect(findings).toEqual([]);
    expect(model.apis).toEqual([
      {
        logicalId: 'Api',
        path: 'Api',
        apiId: 'e982890920',
        name: 'orders',
        routes: [
          {
            routeKey: 'POST /orders',
            functionName: 'App-Checkout',
            authorization: 'NONE',
            tokenSource: undefined,
          },
        ],
        jwtClaims: {},
      },
    ]);
    expect(model.notEmulated).toEqual([]);
  });

  it('have a finding for each of their parts of which it can`t be told whether it is there', () => {
    const { Route, ...others } = api();
    const { findings } = judgedTemplates({
      App: {
        Parameters: { Flag: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/shop/flag' } },
        Conditions: { Flagged: { 'Fn::Equals': [{ Ref: 'Flag' }, 'on'] } },
        Resources: { ...others, Route: { ...Route, Condition: 'Flagged' } },
      },
    });
    expect(accepts(findings)).toEqual(['Route.Condition']);
  });

  it.each(['NONE', 'AWS_IAM', 'JWT'])('keep the authorization %s', (AuthorizationType) => {
    const { model, findings } = judged(
      api({ route: { AuthorizationType, AuthorizerId: { Ref: 'Authorizer' } } }),
    );
    expect(findings).toEqual([]);
    expect(model.apis[0]?.routes[0]?.authorization).toBe(AuthorizationType);
  });

  it('know where a route with JWT has its token', () => {
    const tokenSourceOf = (authorizer: Record<string, unknown>) =>
      judged(api({ route: { AuthorizationType: 'JWT', AuthorizerId: { Ref: 'Authorizer' } }, authorizer }))
        .model.apis[0]?.routes[0]?.tokenSource;
    expect(tokenSourceOf({})).toBe('$request.header.Authorization');
    expect(tokenSourceOf({ IdentitySource: ['$request.querystring.t'] })).toBe('$request.querystring.t');
  });

  it('are served with throttling and access logs, neither of which is emulated', () => {
    const stage = {
      AccessLogSettings: { DestinationArn: 'arn', Format: '{}' },
      DefaultRouteSettings: { ThrottlingRateLimit: 10, ThrottlingBurstLimit: 20 },
    };
    expect(judged(api({ stage })).findings).toEqual([]);
  });

  it('take the claims of tokens that nobody sends, and name a key that is no API', () => {
    const jwtClaims = { Api: { sub: 'customer-1' } };
    expect(judged(api(), { jwtClaims }).model.apis[0]?.jwtClaims).toEqual({ sub: 'customer-1' });
    const { findings } = judged(api(), { jwtClaims: { Shop: {} } });
    expect(accepts(findings)).toEqual(['Shop.jwtClaims']);
    expect(findings[0]?.message).toContain('there are: Api');
  });

  it("find the function in API Gateway's own kind of path", () => {
    const path = [
      'arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/',
      { 'Fn::GetAtt': ['Checkout', 'Arn'] },
      '/invocations',
    ];
    const { model } = judged(api({ integration: { IntegrationUri: { 'Fn::Join': ['', path] } } }));
    expect(model.apis[0]?.routes[0]?.functionName).toBe('App-Checkout');
  });

  it.each<[string, Parts, string]>([
    ['another protocol', { api: { ProtocolType: 'WEBSOCKET' } }, 'Api.ProtocolType'],
    ['CORS', { api: { CorsConfiguration: { AllowOrigins: ['*'] } } }, 'Api.CorsConfiguration'],
    ['an OpenAPI body', { api: { Body: { openapi: '3.0.1' } } }, 'Api.Body'],
    ['a Lambda authorizer', { authorizer: { AuthorizerType: 'REQUEST' } }, 'Authorizer.AuthorizerType'],
    ['another authorization', { route: { AuthorizationType: 'CUSTOM' } }, 'Route.AuthorizationType'],
    ['an unknown target', { route: { Target: 'integrations/unknown' } }, 'Route.Target'],
    ['payload 1.0', { integration: { PayloadFormatVersion: '1.0' } }, 'Integration.PayloadFormatVersion'],
    [
      'the default payload, which is 1.0',
      { integration: { PayloadFormatVersion: { Ref: 'AWS::NoValue' } } },
      'Integration.PayloadFormatVersion',
    ],
    [
      'request parameters',
      { integration: { RequestParameters: { 'overwrite:path': '/x' } } },
      'Integration.RequestParameters',
    ],
    ['a stage with a path', { stage: { StageName: 'prod' } }, 'Stage.StageName'],
    [
      'a token somewhere else',
      { authorizer: { IdentitySource: ['$stageVariables.token'] } },
      'Authorizer.IdentitySource.0',
    ],
    [
      'an unknown authorizer',
      { route: { AuthorizationType: 'JWT', AuthorizerId: 'abc123' } },
      'Route.AuthorizerId',
    ],
    ['no authorizer', { route: { AuthorizationType: 'JWT' } }, 'Route.AuthorizerId'],
    ['stage variables', { stage: { StageVariables: { a: 'b' } } }, 'Stage.StageVariables'],
  ])('are refused for %s', (_name, parts, accept) => {
    expect(accepts(judged(api(parts)).findings)).toEqual([accept]);
  });

  it('that are left out by acceptance take all that belongs to them along', () => {
    const app = api({ api: { ProtocolType: 'WEBSOCKET' } });
    const { model, findings } = judged(app, { accept: new Set(['Api.ProtocolType']) });
    expect(findings).toEqual([]);
    expect([model.apis, model.notEmulated]).toEqual([[], []]);
    expect(model.accepted[0]?.reliedOnBy).toEqual(['Route', 'Integration', 'Stage', 'Authorizer']);
  });

  it('of somebody else are refused where their routes lead here', () => {
    expect(accepts(judged(api({ route: { ApiId: 'abcdef1234' } })).findings)).toEqual(['Route.ApiId']);
  });

  it('that lead to no function of this app are listed, not judged', () => {
    const { model, findings } = judged(
      api({
        api: { CorsConfiguration: { AllowOrigins: ['*'] } },
        integration: { IntegrationType: 'HTTP_PROXY', IntegrationUri: 'https://example.com' },
      }),
    );
    expect(findings).toEqual([]);
    expect(model.apis).toEqual([]);
    expect(model.notEmulated.map(({ logicalId }) => logicalId)).toContain('Api');
  });
});
