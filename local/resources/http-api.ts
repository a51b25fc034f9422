import { z } from 'zod';
import type { Resource } from '../assembly/assembly.ts';
import { type Finding, findingOn } from '../assembly/findings.ts';
import { textOf, unresolved } from '../assembly/resolution.ts';
import type { Scope } from '../assembly/scope.ts';
import { type FunctionModel, functionNameIn, functions } from './function.ts';
import {
  harmless,
  honoured,
  iam,
  label,
  logging,
  metrics,
  network,
  only,
  parts,
  readProperties,
  refused,
  textInTemplate,
  throughput,
} from './properties.ts';
import {
  type Answer,
  type App,
  findingsOf,
  id,
  modelsOf,
  name,
  type Part,
  placeOf,
  type Reading,
  type ResourceType,
  unknownNames,
} from './resource-type.ts';

/** One route of an HTTP API with an AWS_PROXY integration, payload 2.0. */
export interface RouteModel {
  /** `GET /orders/{id}`, `ANY /x/{proxy+}` or `$default`. */
  readonly routeKey: string;
  readonly functionName: string;
  readonly authorization: 'NONE' | 'AWS_IAM' | 'JWT';
  /** Where a route with JWT finds its token: `$request.header.Authorization`. */
  readonly tokenSource: string | undefined;
}

export interface HttpApiModel extends Part {
  readonly apiId: string;
  readonly name: string;
  readonly routes: readonly RouteModel[];
  /** What a request without a token is taken to claim, where a route wants one. */
  readonly jwtClaims: Readonly<Record<string, string>>;
}

/** `AWS::ApiGatewayV2::Api` */
const apiProperties = {
  Name: honoured(),
  ProtocolType: only(['HTTP'], 'only HTTP APIs are served here', z.literal('HTTP')),
  ...refused('CORS headers are not added here', 'CorsConfiguration'),
  ...harmless('API keys belong to WebSocket APIs', 'ApiKeySelectionExpression'),
  ...harmless('the local gateway has an address of its own', 'DisableExecuteApiEndpoint'),
  ...harmless('HTTP APIs have one way to select a route', 'RouteSelectionExpression'),
  ...label('Description', 'Tags', 'Version'),
  ...network('IpAddressType'),
};

/** `AWS::ApiGatewayV2::Route` */
const routeProperties = {
  ApiId: honoured(),
  ApiKeyRequired: only([false], 'API keys are not checked here'),
  AuthorizationType: honoured(
    z.enum(['NONE', 'AWS_IAM', 'JWT'], 'only NONE, AWS_IAM and JWT are known here').default('NONE'),
  ),
  AuthorizerId: honoured(textInTemplate.optional()),
  RouteKey: honoured(textInTemplate),
  Target: honoured(textInTemplate),
  ...harmless('tokens are not checked on 127.0.0.1', 'AuthorizationScopes'),
  ...label('OperationName'),
};

/** `AWS::ApiGatewayV2::Integration` */
const integrationProperties = {
  ApiId: honoured(),
  ConnectionType: only(['INTERNET'], 'private integrations are not emulated'),
  IntegrationType: only(
    ['AWS_PROXY'],
    'only proxy integrations of Lambda functions are served here',
    z.literal('AWS_PROXY'),
  ),
  IntegrationUri: honoured(textInTemplate),
  PayloadFormatVersion: only(
    ['2.0'],
    'only payload format 2.0 is spoken here',
    z.union([z.literal('2.0'), z.literal(2)], 'it has to be 2.0'),
  ),
  TimeoutInMillis: only([30_000], "the function's own timeout is the only one here"),
  ...harmless('a function is invoked in one way only', 'IntegrationMethod'),
  ...iam('CredentialsArn'),
  ...label('Description'),
};

/** `AWS::ApiGatewayV2::Stage` */
const stageProperties = {
  ApiId: honoured(),
  DefaultRouteSettings: parts({
    ...logging('DataTraceEnabled', 'LoggingLevel'),
    ...metrics('DetailedMetricsEnabled'),
    ...throughput('ThrottlingBurstLimit', 'ThrottlingRateLimit'),
  }),
  StageName: only(['$default'], 'only the stage $default is served, without a path prefix'),
  ...harmless('what the assembly says is served', 'AutoDeploy', 'DeploymentId'),
  ...logging('AccessLogSettings'),
  ...label('Description', 'Tags'),
};

/** `AWS::ApiGatewayV2::Authorizer` */
const authorizerProperties = {
  ApiId: honoured(),
  AuthorizerType: only(['JWT'], 'Lambda authorizers are not called here'),
  IdentitySource: honoured(
    z
      .array(
        z.string().regex(/^\$request\.(header|querystring)\.[^.]+$/, 'a token is in a header or a parameter'),
      )
      .max(1, 'a token is in one place')
      .default([]),
  ),
  ...harmless('tokens are not checked on 127.0.0.1', 'JwtConfiguration'),
  ...label('Name'),
};

const unaddressed: Answer = () =>
  unresolved('ApiEndpoint', 'the address is known only when the gateway listens');

/** HTTP APIs with all that belongs to them: routes to Lambda functions in payload format 2.0. */
export const httpApis: ResourceType<HttpApiModel> = {
  word: 'HTTP API',
  types: {
    'AWS::ApiGatewayV2::Api': {
      nameProperty: 'Name',
      nameLimit: 128,
      ref: id,
      attributes: { ApiId: id, ApiEndpoint: unaddressed },
    },
    'AWS::ApiGatewayV2::Integration': { nameLimit: 128, ref: id, attributes: { IntegrationId: id } },
    'AWS::ApiGatewayV2::Authorizer': { nameLimit: 128, ref: id, attributes: { AuthorizerId: id } },
    'AWS::ApiGatewayV2::Stage': { nameProperty: 'StageName', nameLimit: 128, ref: name, attributes: {} },
  },
  read(app) {
    const targets = modelsOf(app.read(functions));
    return servedHere(app).map((parts) => {
      const { api, routes, integrations, authorizers, stages } = parts;
      const reading = httpApiOf(app.scope, parts, targets, app.jwtClaims);
      return { resource: api, parts: [...routes, ...integrations, ...authorizers, ...stages], ...reading };
    });
  },
  furtherFindings(app) {
    const served = servedHere(app);
    return [
      ...routesOfForeignApis(app, served),
      ...unknownNames(
        app.jwtClaims,
        served.map(({ api }) => api),
        { type: 'AWS::ApiGatewayV2::Api', property: 'jwtClaims', given: 'claims', kind: 'HTTP API' },
      ),
    ];
  },
};

/** The APIs that lead to a function which runs. */
function servedHere(app: App): ApiParts[] {
  return apiParts(app).filter(({ integrations }) =>
    integrations.some((integration) => app.leadsTo(integration, app.running)),
  );
}

/** An API with every resource that belongs to it. */
interface ApiParts {
  readonly api: Resource;
  readonly routes: readonly Resource[];
  readonly integrations: readonly Resource[];
  readonly authorizers: readonly Resource[];
  readonly stages: readonly Resource[];
}

/** Sorts an assembly's `AWS::ApiGatewayV2` resources by the API that their `ApiId` names. */
function apiParts({ scope, ofType: existing }: App): ApiParts[] {
  const ofType = (type: string) => existing(`AWS::ApiGatewayV2::${type}`);
  return ofType('Api').map((api) => {
    const { id } = scope.identity(api);
    const belongs = (resource: Resource): boolean => {
      const apiId = scope.resolve(resource.stackId, resource.properties.ApiId);
      return apiId.resolved && apiId.value === id;
    };
    return {
      api,
      routes: ofType('Route').filter(belongs),
      integrations: ofType('Integration').filter(belongs),
      authorizers: ofType('Authorizer').filter(belongs),
      stages: ofType('Stage').filter(belongs),
    };
  });
}

/**
 * Reads an HTTP API: routes on Lambda functions in payload format 2.0.
 *
 * A route whose function was left out is left out too, without a finding of its own.
 *
 * @param claims what tokens say that nobody sends, by construct path or logical id of the API
 */
function httpApiOf(
  scope: Scope,
  parts: ApiParts,
  functions: readonly FunctionModel[],
  claims: App['jwtClaims'],
): Reading<HttpApiModel> {
  const { value, findings } = readProperties(scope, parts.api, apiProperties);
  if (value === undefined) return { model: undefined, findings };
  const integrations = parts.integrations.map((resource) => readIntegration(scope, resource));
  const authorizers = parts.authorizers.map((resource) => readAuthorizer(scope, resource));
  const routes = parts.routes.map((resource) =>
    readRoute(scope, resource, { integrations, authorizers, functions }),
  );
  const others = [
    ...parts.stages.flatMap((stage) => readProperties(scope, stage, stageProperties).findings),
    ...authorizers.flatMap((one) => one.findings),
  ];
  const identity = scope.identity(parts.api);
  return {
    model: {
      ...placeOf(parts.api),
      apiId: identity.id,
      name: identity.name,
      routes: modelsOf(routes),
      jwtClaims: { ...claims[parts.api.path], ...claims[parts.api.logicalId] },
    },
    findings: [...findings, ...integrations.flatMap((one) => one.findings), ...findingsOf(routes), ...others],
  };
}

interface ReadAuthorizer {
  readonly id: string;
  readonly tokenSource: string;
  readonly findings: readonly Finding[];
}

function readAuthorizer(scope: Scope, resource: Resource): ReadAuthorizer {
  const { id } = scope.identity(resource);
  const { value, findings } = readProperties(scope, resource, authorizerProperties);
  const [tokenSource = '$request.header.Authorization'] = value?.IdentitySource ?? [];
  return { id, tokenSource, findings };
}

interface ReadIntegration {
  readonly id: string;
  readonly functionName: string | undefined;
  readonly findings: readonly Finding[];
}

function readIntegration(scope: Scope, resource: Resource): ReadIntegration {
  const { id } = scope.identity(resource);
  const { value, findings } = readProperties(scope, resource, integrationProperties);
  return { id, functionName: value && functionNameIn(invokedArn(value.IntegrationUri)), findings };
}

/** An integration names the function by its ARN, or by API Gateway's path `…:path/2015-03-31/functions/<ARN>/invocations`. */
function invokedArn(uri: string): string {
  return /\/functions\/(.+)\/invocations$/.exec(uri)?.[1] ?? uri;
}

function readRoute(
  scope: Scope,
  resource: Resource,
  {
    integrations,
    authorizers,
    functions,
  }: {
    readonly integrations: readonly ReadIntegration[];
    readonly authorizers: readonly ReadAuthorizer[];
    readonly functions: readonly FunctionModel[];
  },
): Reading<RouteModel> {
  const { value, findings } = readProperties(scope, resource, routeProperties);
  if (value === undefined) return { model: undefined, findings };
  const integration = integrations.find(({ id }) => value.Target === `integrations/${id}`);
  if (integration === undefined) {
    const message = `it is not an integration of this app: ${value.Target}; accepted, the route is left out`;
    return { model: undefined, findings: [...findings, findingOn(resource, 'Target', message)] };
  }
  const isJwt = value.AuthorizationType === 'JWT';
  const authorizer = isJwt ? authorizers.find(({ id }) => id === value.AuthorizerId) : undefined;
  if (isJwt && authorizer === undefined) {
    const message = `it is not an authorizer of this API: ${value.AuthorizerId ?? 'none'}; accepted, the route is left out`;
    return { model: undefined, findings: [...findings, findingOn(resource, 'AuthorizerId', message)] };
  }
  const target = functions.find(({ name }) => name === integration.functionName);
  return {
    model: target && {
      routeKey: value.RouteKey,
      functionName: target.name,
      authorization: value.AuthorizationType,
      tokenSource: authorizer?.tokenSource,
    },
    findings,
  };
}

/** Findings for the routes to integrations here that are in none of the APIs: theirs is somebody else's, and isn't served here. */
function routesOfForeignApis({ scope, ofType, leadsTo, ...app }: App, apis: readonly ApiParts[]): Finding[] {
  const integrations = ofType('AWS::ApiGatewayV2::Integration').filter((one) => leadsTo(one, app.running));
  const owned = new Set(apis.flatMap(({ routes }) => routes));
  return ofType('AWS::ApiGatewayV2::Route')
    .filter((route) => !owned.has(route) && leadsTo(route, integrations))
    .map((route) => {
      const apiId = scope.resolve(route.stackId, route.properties.ApiId);
      const named = apiId.resolved ? (textOf(apiId.value) ?? 'none') : apiId.expression;
      const message = `it is not an API of this app: ${named}; accepted, the route is left out`;
      return findingOn(route, 'ApiId', message);
    });
}
