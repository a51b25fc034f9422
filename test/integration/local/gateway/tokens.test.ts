import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { testEngines } from '../../../support/engines.ts';
import { orderly } from '../../../support/orderly-process.ts';
import { type TemplateResource, writeSmallAssembly } from '../../../support/small-assembly.ts';

/** Answers with what API Gateway says of its caller. */
const code = `
  export const handler = async ({ requestContext }) => ({
    statusCode: 200,
    body: JSON.stringify(requestContext.authorizer?.jwt.claims ?? null),
  });`;

const resource = (type: string, properties: TemplateResource['Properties']): TemplateResource => ({
  Type: `AWS::ApiGatewayV2::${type}`,
  Properties: type === 'Api' ? properties : { ApiId: { Ref: 'Shop' }, ...properties },
});

const route = (routeKey: string, authorization: object) =>
  resource('Route', {
    RouteKey: routeKey,
    Target: { 'Fn::Join': ['', ['integrations/', { Ref: 'Integration' }]] },
    ...authorization,
  });

/** An app with an HTTP API for customers: `/me` wants a token, `/goods` nothing. */
function writeShop(outdir: string, api: object = {}): void {
  mkdirSync(outdir);
  writeSmallAssembly(
    outdir,
    { Whoami: { code } },
    {
      Shop: resource('Api', { Name: 'shop', ProtocolType: 'HTTP', ...api }),
      Stage: resource('Stage', { StageName: '$default', AutoDeploy: true }),
      Integration: resource('Integration', {
        IntegrationType: 'AWS_PROXY',
        IntegrationUri: { 'Fn::GetAtt': ['Whoami', 'Arn'] },
        PayloadFormatVersion: '2.0',
      }),
      Customers: resource('Authorizer', {
        AuthorizerType: 'JWT',
        Name: 'customers',
        IdentitySource: ['$request.header.Authorization'],
        JwtConfiguration: { Issuer: 'https://login.example.com/', Audience: ['shop'] },
      }),
      Me: route('GET /me', { AuthorizationType: 'JWT', AuthorizerId: { Ref: 'Customers' } }),
      Goods: route('GET /goods', { AuthorizationType: 'NONE' }),
    },
  );
}

function upIn(dir: string) {
  const { bootstrapServers, ministack } = testEngines();
  return orderly(['up', '--app', 'app', '--engine', 'external', '--port', '0'], {
    cwd: dir,
    env: { KAFKA_BOOTSTRAP_SERVERS: bootstrapServers, AWS_ENDPOINT_URL: ministack },
  });
}

function projectFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'orderly-tokens-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

test('an app behind a JWT authorizer is told what a token claims, and millrace.json speaks for who brings none', async () => {
  const dir = projectFolder();
  writeShop(join(dir, 'app'));
  const apis = { Shop: { jwtClaims: { sub: 'from-the-file' } } };
  writeFileSync(join(dir, 'millrace.json'), JSON.stringify({ apis }));
  const cloud = upIn(dir);
  onTestFinished(() => cloud.end());
  await cloud.wrote(/orderly is up/);
  const [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(cloud.output()) ?? [];

  const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = `${encoded({ alg: 'none' })}.${encoded({ sub: 'ann', scope: ['read', 'buy'] })}.c2ln`;
  const asked = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}${path}`, { headers });
    return [response.status, await response.json()];
  };
  expect(await asked('/me', { authorization: `Bearer ${token}` })).toEqual([
    200,
    { sub: 'ann', scope: '[read buy]' },
  ]);
  expect(await asked('/me')).toEqual([200, { sub: 'from-the-file' }]);
  expect(await asked('/me', { authorization: 'Bearer nonsense' })).toEqual([
    401,
    { message: 'Unauthorized' },
  ]);
  expect(await asked('/goods', { authorization: `Bearer ${token}` })).toEqual([200, null]);
});

test('headers for browsers are refused by name, before anything runs', async () => {
  const dir = projectFolder();
  writeShop(join(dir, 'app'), { CorsConfiguration: { AllowOrigins: ['https://shop.example.com'] } });
  const cloud = upIn(dir);
  expect((await cloud.exited).code).toBe(1);
  expect(cloud.output()).toContain('Shop.CorsConfiguration');
});
