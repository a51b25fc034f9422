import { randomUUID } from 'node:crypto';
import { IN_REAL_TIME } from '../../functions/backoff.ts';
import { dynamoDbClient } from '../../functions/dynamodb.ts';
import { emailHandler } from '../../functions/email/email.ts';
import { SEND_DEADLINE_MS } from '../../functions/email/ses.ts';
import type { ConsumerPorts, KafkaHandler } from '../../functions/kafka/consume.ts';
import { dynamoDbLedger } from '../../functions/ledger/ledger.ts';
import { functionLogger } from '../../functions/logger.ts';
import { salesHandler } from '../../functions/sales/sales.ts';
import { dynamoDbSales } from '../../functions/sales/table.ts';
import { dynamoDbShipments } from '../../functions/shipping/shipments.ts';
import { shippingHandler } from '../../functions/shipping/shipping.ts';
import type { Consumer, ConsumerContender } from '../workloads/consumers.ts';

/** This project's function `shipping`, its log included. */
export const orderlyShipping: ConsumerContender = ({ shipmentsTable }) =>
  consumer(
    shippingHandler({
      ...consumerPorts('shipping'),
      shipments: dynamoDbShipments(dynamoDbClient(), shipmentsTable),
    }),
  );

/** This project's function `sales`, its log included. */
export const orderlySales: ConsumerContender = ({ salesTable }) =>
  consumer(
    salesHandler({
      ...consumerPorts('sales'),
      sales: dynamoDbSales(dynamoDbClient(), salesTable, 'sales-service'),
    }),
  );

/** This project's function `email`, its log included. */
export const orderlyEmail: ConsumerContender = ({ ledgerTable, sendMail }) =>
  consumer(
    emailHandler({
      ...consumerPorts('email'),
      ledger: dynamoDbLedger(dynamoDbClient(), ledgerTable, Date.now),
      sendMail,
      sendDeadlineMs: SEND_DEADLINE_MS,
    }),
  );

function consumerPorts(name: string): ConsumerPorts {
  return {
    consumer: `${name}-service`,
    writeDeadLetter: async ({ error }) => {
      throw new Error(`a record became a dead letter: ${error.code}`);
    },
    logger: functionLogger(name),
    now: Date.now,
    newId: randomUUID,
    waiting: IN_REAL_TIME,
  };
}

/** What is to be delivered again, dead letters among it, was not done. */
function consumer(handler: KafkaHandler): Consumer {
  return async (event, context) => {
    const { batchItemFailures } = await handler(event, context);
    if (batchItemFailures.length > 0) throw new Error(`${batchItemFailures.length} records failed`);
  };
}
