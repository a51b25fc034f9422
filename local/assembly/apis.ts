import { z } from 'zod';
import type { Resource } from './assembly.ts';
import { findingOn } from './findings.ts';
import { functionNameIn } from './known-types.ts';
import type { Finding, FunctionModel, HttpApiModel, RouteModel } from './model.ts';
import { findingsOf, modelsOf, type Reading } from './reading.ts';
import { textOf } from './resolution.ts';
import type { Scope } from './scope.ts';
import { shaped, textInTemplate } from './shape.ts';
import { judge } from './support.ts';
import {
  apiSupport,
  authorizerSupport,
  integrationSupport,
  routeSupport,
  stageSupport,
} from './support-table.ts';

/** Claims by construct path or logical id of an API: what `millrace.json` says tokens say. */
export type JwtClaims = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** An API with every resource that belongs to it. */
export interface ApiParts {
  readonly api: Resource;
  readonly routes: readonly Resource[];
  readonly integrations: readonly Resource[];
  readonly authorizers: readonly Resource[];
  readonly stages: readonly Resource[];
}

/** Every resource of an API, itself included. */
export function partsOf({ api, ...parts }: ApiParts): Resource[] {
  return [api, ...Object.values(parts).flat()];
}

/** Sorts an assembly's `AWS::ApiGatewayV2` resources by the API that their `ApiId` names. */
export function apiParts(scope: Scope, resources: readonly Resource[]): ApiParts[] {
  const ofType = (type: string) =>
    resources.filter((resource) => resource.type === `AWS::ApiGatewayV2::${type}`);
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

const routeShape = z.object({
  RouteKey: textInTemplate,
  Target: textInTemplate,
  AuthorizationType: z
    .enum(['NONE', 'AWS_IAM', 'JWT'], 'only NONE, AWS_IAM and JWT are known here')
    .default('NONE'),
  AuthorizerId: textInTemplate.optional(),
});

const integrationShape = z.object({
  IntegrationType: z.literal('AWS_PROXY'),
  IntegrationUri: textInTemplate,
  PayloadFormatVersion: z.union([z.literal('2.0'), z.literal(2)], 'it has to be 2.0'),
});

const authorizerShape = z.object({
  IdentitySource: z
    .array(
      z.string().regex(/^\$request\.(header|querystring)\.[^.]+$/, 'a token is in a header or a parameter'),
    )
    .max(1, 'a token is in one place')
    .default([]),
});

const apiShape = z.object({ ProtocolType: z.literal('HTTP') });

/**
 * Reads an HTTP API: routes on Lambda functions in payload format 2.0.
 *
 * A route whose function was left out is left out too, without a finding of its own.
 *
 * @param claims what tokens say that nobody sends, by construct path or logical id of the API
 */
export function httpApiOf(
  scope: Scope,
  parts: ApiParts,
  functions: readonly FunctionModel[],
  claims: JwtClaims,
): Reading<HttpApiModel> {
  const { value, findings } = shaped(parts.api, judge(scope, parts.api, apiSupport), apiShape);
  if (value === undefined) return { model: undefined, findings };
  const integrations = parts.integrations.map((resource) => readIntegration(scope, resource));
  const authorizers = parts.authorizers.map((resource) => readAuthorizer(scope, resource));
  const routes = parts.routes.map((resource) =>
    readRoute(scope, resource, { integrations, authorizers, functions }),
  );
  const others = [
    ...parts.stages.flatMap((stage) => judge(scope, stage, stageSupport).findings),
    ...authorizers.flatMap((one) => one.findings),
  ];
  const identity = scope.identity(parts.api);
  return {
    model: {
      logicalId: parts.api.logicalId,
      path: parts.api.path,
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
  const { value, findings } = shaped(resource, judge(scope, resource, authorizerSupport), authorizerShape);
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
  const { value, findings } = shaped(resource, judge(scope, resource, integrationSupport), integrationShape);
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
  const { value, findings } = shaped(resource, judge(scope, resource, routeSupport), routeShape);
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

/** Findings for the candidate routes that are in none of the APIs: theirs belongs to somebody else, and isn't served here. */
export function routesOfForeignApis(
  scope: Scope,
  candidates: readonly Resource[],
  apis: readonly ApiParts[],
): Finding[] {
  const owned = new Set(apis.flatMap(({ routes }) => routes));
  return candidates
    .filter((resource) => !owned.has(resource))
    .map((resource) => {
      const apiId = scope.resolve(resource.stackId, resource.properties.ApiId);
      const named = apiId.resolved ? (textOf(apiId.value) ?? 'none') : apiId.expression;
      return findingOn(
        resource,
        'ApiId',
        `it is not an API of this app: ${named}; accepted, the route is left out`,
      );
    });
}

/** A finding for every key of the claims that names none of the APIs. */
export function unknownClaimKeys(claims: JwtClaims, apis: readonly ApiParts[]): Finding[] {
  const known = apis.flatMap(({ api: { logicalId, path } }) => [logicalId, path]);
  return Object.keys(claims)
    .filter((key) => !known.includes(key))
    .map((key) => ({
      stackId: undefined,
      logicalId: key,
      path: key,
      type: 'AWS::ApiGatewayV2::Api',
      property: 'jwtClaims',
      message: `millrace.json gives claims to this name, and no HTTP API of the app is called so; there are: ${apis.map(({ api }) => api.path).join(', ')}`,
      accept: `${key}.jwtClaims`,
    }));
}
