import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { HttpApi, HttpMethod, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { VendedLogGroup } from './logs.ts';
import type { Stage } from './stages.ts';

export interface CheckoutApiProps {
  readonly checkout: lambda.IFunction;
  readonly stage: Stage;
}

/** Requests a second, and at once: a ceiling for a client gone wild, who gets 429 then; not what the checkout can do. */
const THROTTLE = { rateLimit: 200, burstLimit: 400 };

/**
 * A line of the access log. Left out on purpose: addresses and agents of callers, who they are, and the path, whose
 * order ids lead to customers. The checkout's own log has the order beside the same request id.
 */
const ACCESS_LOG_LINE = {
  time: '$context.requestTime',
  requestId: '$context.requestId',
  routeKey: '$context.routeKey',
  status: '$context.status',
  responseLength: '$context.responseLength',
  responseLatency: '$context.responseLatency',
  integrationLatency: '$context.integrationLatency',
  error: '$context.error.message',
  authorizerError: '$context.authorizer.error',
  integrationError: '$context.integrationErrorMessage',
};

/**
 * The HTTP API of the checkout, for services that sign their requests and answer for customer, address and price. A
 * body of more than 64 KiB is the checkout's own to refuse; API Gateway lets 10 MB through, and Lambda 6 MB.
 */
export class CheckoutApi extends Construct {
  readonly api: HttpApi;

  constructor(scope: Construct, id: string, { checkout, stage }: CheckoutApiProps) {
    super(scope, id);
    const api = new HttpApi(this, 'HttpApi', {
      apiName: 'orderly-checkout',
      defaultAuthorizer: new HttpIamAuthorizer(),
      createDefaultStage: false,
    });
    api.addStage('DefaultStage', {
      autoDeploy: true,
      throttle: THROTTLE,
      accessLogSettings: {
        destination: new LogGroupLogDestination(
          new VendedLogGroup(this, 'AccessLogs', { stage, of: 'access' }),
        ),
        format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG_LINE)),
      },
    });
    const integration = new HttpLambdaIntegration('Checkout', checkout);
    api.addRoutes({ path: '/orders', methods: [HttpMethod.POST], integration });
    api.addRoutes({ path: '/orders/{orderId}', methods: [HttpMethod.GET], integration });
    api.addRoutes({ path: '/orders/{orderId}/cancel', methods: [HttpMethod.POST], integration });
    this.api = api;
  }
}
