/** The functions that are struck, by their construct paths. */
export const FUNCTIONS = {
  checkout: 'orderly-orders/Checkout/Function',
  relay: 'orderly-orders/Relay/Function',
  email: 'orderly-orders/Email/Function',
  shipping: 'orderly-orders/Shipping/Function',
  sales: 'orderly-orders/Sales/Function',
  collector: 'orderly-orders/DeadLetterCollector/Function',
} as const;
export type FunctionName = keyof typeof FUNCTIONS;
export const FUNCTION_NAMES = Object.keys(FUNCTIONS) as readonly FunctionName[];

interface Kind {
  /** The greatest probability that it has each time it could strike. */
  readonly rate: number;
  /** How often it strikes a function in a run, at most. */
  readonly limit: number;
  /** The operations that it can strike. @default all of them */
  readonly on?: RegExp;
}

const BATCH = /^Batch(Get|Write)Item$/;
const STATEMENTS = /^BatchExecuteStatement$/;

/** What can become of a request to DynamoDB or to the mail provider, or of the process that sends it. */
export const REQUEST_FAULTS = {
  /** Refused before anything was done. */
  throttled: { rate: 0.15, limit: 60 },
  /** The service fails, and has done nothing. */
  failed: { rate: 0.1, limit: 40 },
  'request lost': { rate: 0.06, limit: 20 },
  /** Done, and nobody hears of it. */
  'answer lost': { rate: 0.08, limit: 20 },
  /** Done; headers come and nothing after them, or a byte a second, or a half of the answer. */
  'answer stalled': { rate: 0.04, limit: 8 },
  'answer trickled': { rate: 0.04, limit: 8 },
  'answer cut': { rate: 0.08, limit: 20 },
  /** Done, and answered with a failure. */
  'untrue answer': { rate: 0.05, limit: 10 },
  slow: { rate: 0.1, limit: 30 },
  /** It arrives when its sender has given it up. */
  late: { rate: 0.01, limit: 1 },
  /** Another transaction is at the same item: no local engine knows that. */
  conflict: { rate: 0.2, limit: 20, on: /^TransactWriteItems$/ },
  /** All of a batch, or a half of it. */
  unprocessed: { rate: 0.1, limit: 20, on: BATCH },
  'half unprocessed': { rate: 0.2, limit: 20, on: BATCH },
  /** Some statements of a batch fail by themselves; of the second kind, all were carried out nevertheless. */
  'statements failed': { rate: 0.15, limit: 20, on: STATEMENTS },
  'statements done and failed': { rate: 0.1, limit: 10, on: STATEMENTS },
  /** SIGKILL of the process: the request is not done, or done, or done when the process is dead. */
  'killed before': { rate: 0.04, limit: 2 },
  'killed after': { rate: 0.06, limit: 3 },
  'killed, request late': { rate: 0.03, limit: 1 },
  /** SIGSTOP, and SIGCONT up to seven seconds later. */
  frozen: { rate: 0.03, limit: 2 },
} as const satisfies Record<string, Kind>;

/** What can become of a request to the broker. */
export const KAFKA_FAULTS = {
  'kafka request lost': { rate: 0.05, limit: 4 },
  'kafka answer lost': { rate: 0.1, limit: 6 },
  'kafka slow': { rate: 0.1, limit: 10 },
  /** The connection takes everything from here on and answers nothing; the broker hears this request, or doesn't. */
  'kafka half open': { rate: 0.03, limit: 1 },
  'kafka half open, heard': { rate: 0.03, limit: 1 },
} as const satisfies Record<string, Kind>;

export type RequestFault = keyof typeof REQUEST_FAULTS;
export type KafkaFault = keyof typeof KAFKA_FAULTS;

export const kindOf = (fault: RequestFault | KafkaFault): Kind =>
  ({ ...REQUEST_FAULTS, ...KAFKA_FAULTS })[fault];

/** The ones that strike whole parts; each is done once for each time that the plan names it. */
export const INCIDENTS = [
  'the local cloud is killed',
  'the local cloud and the broker are killed',
  /** Its stream loses the records that nobody has read. */
  'the local cloud is killed, and DynamoDB restarted',
  'the broker is killed',
  'events are copied',
  'poison is written',
  'the relay sweeps',
  'everything is republished',
  'letters are replayed',
  'a replay is killed',
  'letters are replayed twice at once',
  /** For seconds, every request fails in one way. */
  'checkout is cut off',
  'relay is cut off',
  'email is cut off',
  'shipping is cut off',
  'sales is cut off',
  'collector is cut off',
  'the mail provider is cut off',
  'email is switched off and on',
  'shipping is switched off and on',
  'email reads from the beginning',
  'shipping reads from the beginning',
  'sales reads from the beginning',
] as const;
export type Incident = (typeof INCIDENTS)[number];
