/** Names in the simulated account. */
export const TABLES = {
  orders: 'Orders',
  outbox: 'Outbox',
  shipments: 'Shipments',
  emailLedger: 'EmailLedger',
  deadLetters: 'DeadLetters',
} as const;

export const TOPICS = { orders: 'orders', deadLetters: 'orders.dead-letters' } as const;

/** The consumer groups and their functions. */
export const GROUPS = { 'shipping-service': 'shipping', 'email-service': 'email' } as const;
export type Group = keyof typeof GROUPS;
