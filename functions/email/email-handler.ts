import { type ConsumerPorts, consume, type KafkaHandler } from '../kafka/consume.ts';
import { emailEffect } from './email-effect.ts';
import type { SendMailsPorts } from './send-mails.ts';

/** The consumer that thanks the customer for each order placed, and confirms each one cancelled. */
export function emailHandler(ports: ConsumerPorts & SendMailsPorts): KafkaHandler {
  return consume(emailEffect(ports), ports);
}
