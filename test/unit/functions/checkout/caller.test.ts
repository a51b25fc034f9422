import { expect, it } from 'vitest';
import { callerOf, maySee } from '../../../../functions/checkout/caller.ts';
import { CustomerId } from '../../../../functions/orders/ids.ts';
import { customerWith, SERVICE } from '../../../support/orders.ts';

it('is a service behind IAM, and the customer of the token behind JWT', () => {
  expect(callerOf('iam', SERVICE.authorizer)).toEqual({ kind: 'service' });
  expect(callerOf('jwt', customerWith('auth0|507f').authorizer)).toEqual({
    kind: 'customer',
    customerId: 'auth0|507f',
  });
});

it.each([
  ['iam', 'nothing', undefined],
  ['iam', 'a token', customerWith('customer-1').authorizer],
  ['jwt', 'nothing', undefined],
  ['jwt', 'a signature', SERVICE.authorizer],
  ['jwt', 'no claims', { jwt: { claims: {}, scopes: null } }],
  ['jwt', 'claims of another shape', { claims: { sub: 'customer-1' } }],
  ['jwt', 'an empty sub', customerWith('').authorizer],
  ['jwt', 'a sub that is longer than 64', customerWith('s'.repeat(65)).authorizer],
  ['jwt', 'a sub that is not ASCII', customerWith('schlüssel').authorizer],
] as const)('is nobody behind %s where the authorizer says %s', (auth, _, authorizer) => {
  expect(callerOf(auth, authorizer)).toBeUndefined();
});

it('sees its own orders alone, unless it is a service', () => {
  const [mine, other] = [CustomerId.parse('customer-1'), CustomerId.parse('customer-2')];
  const sees = (caller: Parameters<typeof maySee>[0]) =>
    [mine, other].map((customerId) => maySee(caller, { customerId }));
  expect(sees({ kind: 'customer', customerId: mine })).toEqual([true, false]);
  expect(sees({ kind: 'service' })).toEqual([true, true]);
});
