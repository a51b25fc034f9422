/**
 * On whose behalf a request acts. Who may call is the API's business (its authorizer refuses everybody else); what they may
 * do with it is decided here, by what the deployment says and never by what a request happens to carry.
 */
import * as z from 'zod';
import { CustomerId } from '../orders/ids.ts';
import type { Order } from '../orders/order.ts';

/** How the API in front knows its callers; its authorizer is deployed together with this word. */
export const API_AUTH = ['iam', 'jwt'] as const;
export type ApiAuth = (typeof API_AUTH)[number];

/** Who asks. */
export type Caller =
  /** A service of ours, which names the customer it acts for and sees every order. */
  | { readonly kind: 'service' }
  /** A customer, who sees their own orders alone. */
  | { readonly kind: 'customer'; readonly customerId: CustomerId };

/**
 * What API Gateway says of the caller, payload format 2.0; it comes from nobody else.
 *
 * Of `iam`, beside `userArn`, there are `accessKey`, `accountId`, `callerId`, `userId` and more:
 * https://docs.aws.amazon.com/powertools/typescript/2.14.0/api/types/_aws-lambda-powertools_parser.types.APIGatewayRequestContextV2.html
 */
const Iam = z.object({ iam: z.object({ userArn: z.string() }) });
const Jwt = z.object({ jwt: z.object({ claims: z.object({ sub: CustomerId }) }) });

/**
 * The caller of a request; `undefined` if its authorizer said nothing that the deployment's kind of it says, so that an
 * API whose authorizer is lost or exchanged serves nobody.
 *
 * @param authorizer `requestContext.authorizer` of the event
 */
export function callerOf(auth: ApiAuth, authorizer: unknown): Caller | undefined {
  switch (auth) {
    case 'iam':
      return Iam.safeParse(authorizer).success ? { kind: 'service' } : undefined;
    case 'jwt': {
      const token = Jwt.safeParse(authorizer);
      return token.success ? { kind: 'customer', customerId: token.data.jwt.claims.sub } : undefined;
    }
  }
}

/** Whether an order is there for a caller. One that isn't is answered as if there were none. */
export function maySee(caller: Caller, { customerId }: Pick<Order, 'customerId'>): boolean {
  return caller.kind === 'service' || caller.customerId === customerId;
}
