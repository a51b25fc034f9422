import { type ConsumerPorts, consume, type KafkaHandler } from '../kafka/consume.ts';
import type { Shipments } from './shipments.ts';
import { shippingEffect } from './shipping-effect.ts';

export interface ShippingPorts extends ConsumerPorts {
  readonly shipments: Shipments;
}

/** The consumer that creates a shipping label for each order placed, and withdraws it for each one cancelled. */
export function shippingHandler(ports: ShippingPorts): KafkaHandler {
  return consume(shippingEffect(ports.shipments), ports);
}
