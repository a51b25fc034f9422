import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';

/** The HTTP API of the checkout. Every route wants IAM: its callers are trusted services that name the customer. */
export class CheckoutApi extends Construct {
  readonly url: string;

  constructor(scope: Construct, id: string, checkout: lambda.IFunction) {
    super(scope, id);
    const api = new HttpApi(this, 'HttpApi', {
      apiName: 'orderly-checkout',
      defaultAuthorizer: new HttpIamAuthorizer(),
    });
    const integration = new HttpLambdaIntegration('Checkout', checkout);
    api.addRoutes({ path: '/orders', methods: [HttpMethod.POST], integration });
    api.addRoutes({ path: '/orders/{orderId}', methods: [HttpMethod.GET], integration });
    api.addRoutes({ path: '/orders/{orderId}/cancel', methods: [HttpMethod.POST], integration });
    this.url = api.apiEndpoint;
  }
}
