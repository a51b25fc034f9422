import { expect, test } from 'vitest';
import { createRouter } from '../../../../local/gateway/routes.ts';

const routerOf = (...routeKeys: string[]) =>
  createRouter(
    routeKeys.map((routeKey) => ({
      routeKey,
      functionName: routeKey,
      authorization: 'NONE',
      tokenSource: undefined,
    })),
  );

/** The key of the route a request takes, with its path variables. */
function taken(router: ReturnType<typeof routerOf>, method: string, path: string) {
  const result = router(method, path);
  return typeof result === 'string' ? result : [result.route.routeKey, result.pathParameters];
}

test.each([
  ['GET', '/pets/dog/1', 'GET /pets/dog/1', undefined],
  ['GET', '/pets/dog/2', 'GET /pets/dog/{id}', { id: '2' }],
  ['GET', '/pets/cat/2', 'GET /pets/{proxy+}', { proxy: 'cat/2' }],
  ['POST', '/pets/dog/1', 'ANY /{proxy+}', { proxy: 'pets/dog/1' }],
  ['POST', '/', '$default', undefined],
] as const)(
  '%s %s takes the most specific route, whatever the order of routes',
  (method, path, key, parameters) => {
    const keys = ['$default', 'ANY /{proxy+}', 'GET /pets/{proxy+}', 'GET /pets/dog/{id}', 'GET /pets/dog/1'];

    expect(taken(routerOf(...keys), method, path)).toEqual([key, parameters]);
    expect(taken(routerOf(...keys.toReversed()), method, path)).toEqual([key, parameters]);
  },
);

test('the method goes before ANY, and ANY takes the methods that are left', () => {
  const router = routerOf('ANY /orders', 'GET /orders');

  expect(taken(router, 'GET', '/orders')).toEqual(['GET /orders', undefined]);
  expect(taken(router, 'DELETE', '/orders')).toEqual(['ANY /orders', undefined]);
});

test('a more specific path of another method does not hide a match', () => {
  const router = routerOf('POST /orders/new', 'GET /orders/{id}');

  expect(taken(router, 'GET', '/orders/new')).toEqual(['GET /orders/{id}', { id: 'new' }]);
});

test('path variables are decoded, also in the middle and several of them', () => {
  const router = routerOf('POST /orders/{id}/lines/{line}', 'GET /files/{path+}');

  expect(taken(router, 'POST', '/orders/a%2Fb%20c/lines/%C3%A9')).toEqual([
    'POST /orders/{id}/lines/{line}',
    { id: 'a/b c', line: 'é' },
  ]);
  expect(taken(router, 'GET', '/files/a%20b/c')).toEqual(['GET /files/{path+}', { path: 'a b/c' }]);
});

test.each([['/orders/%'], ['/orders/%ff']])(
  'a path variable that can`t be decoded, %s, is malformed',
  (path) => {
    expect(taken(routerOf('GET /orders/{id}'), 'GET', path)).toBe('malformed');
  },
);

test.each([
  ['GET', '/'],
  ['GET', '/orders'],
  ['GET', '/orders/'],
  ['GET', '/orders/1/2'],
  ['POST', '/orders/1'],
])('%s %s has no route', (method, path) => {
  expect(taken(routerOf('GET /orders/{id}'), method, path)).toBe('no-route');
});

test('a greedy variable needs at least one segment', () => {
  expect(taken(routerOf('ANY /x/{proxy+}'), 'GET', '/x')).toBe('no-route');
  expect(taken(routerOf('ANY /x/{proxy+}'), 'GET', '/x/')).toBe('no-route');
});
