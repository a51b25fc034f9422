import { expect, it } from 'vitest';
import { apiAccessOf } from '../../../lib/api-access.ts';
import { stackOfItsOwn } from '../../support/stack-of-its-own.ts';

const access = (context: Record<string, unknown>) => apiAccessOf(stackOfItsOwn({}, context).node);

const jwt = { jwtIssuer: 'https://login.example.com/', jwtAudience: 'orders' };

it('is IAM where nothing is said', () => {
  expect(access({})).toEqual({ kind: 'iam' });
});

it('is JWT with an issuer and audiences, of which each letter counts', () => {
  expect(access({ ...jwt, jwtAudience: 'orders, shop' })).toEqual({
    kind: 'jwt',
    issuer: 'https://login.example.com/',
    audience: ['orders', 'shop'],
    corsOrigins: [],
  });
  expect(access({ ...jwt, corsOrigins: 'https://a.example.com,https://b.example.com:8443' })).toMatchObject({
    corsOrigins: ['https://a.example.com', 'https://b.example.com:8443'],
  });
});

it.each([
  ['jwtAudience', { jwtIssuer: jwt.jwtIssuer }],
  ['jwtIssuer', { jwtAudience: 'orders' }],
  ['jwtIssuer', { ...jwt, jwtIssuer: 'http://login.example.com' }],
  ['jwtIssuer', { ...jwt, jwtIssuer: 'login.example.com' }],
  ['jwtIssuer', { ...jwt, jwtIssuer: 'https://login.example.com/?a=b' }],
  ['jwtIssuer', { ...jwt, jwtIssuer: 7 }],
  ['jwtAudience', { ...jwt, jwtAudience: '' }],
  ['jwtAudience', { ...jwt, jwtAudience: 'orders,' }],
  ['corsOrigins', { corsOrigins: 'https://shop.example.com' }],
  ['corsOrigins', { ...jwt, corsOrigins: '*' }],
  ['corsOrigins', { ...jwt, corsOrigins: 'http://shop.example.com' }],
  ['corsOrigins', { ...jwt, corsOrigins: 'https://shop.example.com/' }],
  ['corsOrigins', { ...jwt, corsOrigins: 'https://Shop.example.com' }],
])('names %s where it is wrong, and an example', (key, context) => {
  expect(() => access(context)).toThrow(new RegExp(`^context ${key} .*npx cdk deploy -c jwtIssuer=`));
});
