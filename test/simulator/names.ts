/** Names in the simulated account. */
export const TABLES = {
  orders: 'Orders',
  outbox: 'Outbox',
  shipments: 'Shipments',
  emailLedger: 'EmailLedger',
  deadLetters: 'DeadLetters',
} as const;

export const TOPICS = { orders: 'orders', deadLetters: 'orders.dead-letters' } as const;

/** The consumer groups of the topic `orders` and their functions. */
export const GROUPS = { 'shipping-service': 'shipping', 'email-service': 'email' } as const;
export type Group = keyof typeof GROUPS;

/** The group, and the function, that reads the topic of dead letters. */
export const COLLECTOR = { group: 'dead-letters', functionName: 'collector' } as const;
