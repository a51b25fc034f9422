import { Logger as PowertoolsLogger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Context } from 'aws-lambda';
import { OrderlyError } from './errors.ts';

/** Everything that a log line may say beside its message: ids, coordinates, counts and codes. */
const LOG_FIELDS = [
  'code',
  'reason',
  'routeKey',
  'status',
  'orderId',
  'manifestId',
  'shipments',
  'eventId',
  'consumer',
  'topic',
  'partition',
  'offset',
  'seq',
  'records',
  'orders',
  'published',
  'deleted',
  'done',
  'duplicate',
  'skipped',
  'retry',
  'deadLetter',
  'failed',
  'attempt',
  'rounds',
  'durationMs',
  'oldestMs',
  'traceId',
  'traceIds',
] as const;

/** Facts for one log line. The list is closed, so that a payload cannot slip in; add a name there, never a text of a customer's. */
export type LogFields = Readonly<Partial<Record<(typeof LOG_FIELDS)[number], string | number | boolean>>>;

/** A log of JSON lines that never hold a payload, an e-mail address, a name or a street. `message` is a constant. */
export interface Logger {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields, error?: unknown): void;
  error(message: string, fields?: LogFields, error?: unknown): void;
}

/** Everything that is counted or timed, by CloudWatch's unit; docs/metrics.md says what each of them tells. */
export const MEASURES = {
  Effects: MetricUnit.Count,
  Duplicates: MetricUnit.Count,
  Skipped: MetricUnit.Count,
  Retries: MetricUnit.Count,
  Withheld: MetricUnit.Count,
  DeadLetters: MetricUnit.Count,
  Published: MetricUnit.Count,
  OutboxAge: MetricUnit.Milliseconds,
  UnreadableOutboxRows: MetricUnit.Count,
} as const;
export type Measures = Readonly<Partial<Record<keyof typeof MEASURES, number>>>;

/** CloudWatch's namespace of all metrics; the dimension `service` is the function. */
const NAMESPACE = 'orderly';

/** The logger of a deployed function, which also tells its metrics. */
export interface FunctionLogger extends Logger {
  /** Puts the request id of an invocation on the lines that follow. */
  addContext(context: Context): void;
  /**
   * Writes metrics as a line in CloudWatch's embedded metric format, by `service`, and with a `reason` by `service` and `reason`
   * too: CloudWatch adds nothing up over dimensions, so that who asks by `service` finds only what was written so.
   * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#Dimension
   */
  measure(measures: Measures, reason?: string): void;
}

/** A logger on standard output under the name of its function, e.g. `checkout`. */
export function functionLogger(serviceName: string): FunctionLogger {
  const powertools = new PowertoolsLogger({ serviceName });
  const metrics = new Metrics({ namespace: NAMESPACE, serviceName });
  return {
    info: (message, fields) => powertools.info(message, allowed(fields)),
    warn: (message, fields, error) => powertools.warn(message, { ...allowed(fields), ...errorFields(error) }),
    error: (message, fields, error) =>
      powertools.error(message, { ...allowed(fields), ...errorFields(error) }),
    addContext: (context) => powertools.addContext(context),
    measure(measures, reason) {
      // Two sets of dimensions; `service` is in each.
      if (reason !== undefined) metrics.addDimensions({}).addDimensions({ reason });
      for (const [name, unit] of Object.entries(MEASURES)) {
        const value = measures[name as keyof Measures];
        if (value !== undefined) metrics.addMetric(name, unit, value);
      }
      metrics.publishStoredMetrics();
    },
  };
}

/** A spread object is not checked against the closed list by the compiler, so the list is applied here too. */
function allowed(fields: LogFields = {}): LogFields {
  return Object.fromEntries(LOG_FIELDS.flatMap((name) => (name in fields ? [[name, fields[name]]] : [])));
}

/** What may be said of an error. */
export interface DescribedError {
  readonly name: string;
  readonly code?: string;
  readonly message?: string;
  readonly data?: OrderlyError['data'];
  /** The frames of the stack; its first line would repeat the message. */
  readonly at?: readonly string[];
  readonly cause?: DescribedError;
}

const MAX_CAUSES = 5;

/**
 * An error as the logs may show it. Only our own errors keep their message: those of others quote input (`JSON.parse`),
 * and errors of DynamoDB carry whole items.
 */
export function describeError(error: unknown, depth = 0): DescribedError {
  if (!(error instanceof Error)) return { name: typeof error };
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line));
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return {
    name: error.name,
    ...(code === undefined ? {} : { code }),
    ...(error instanceof OrderlyError ? { message: error.message, data: error.data } : {}),
    ...(frames === undefined ? {} : { at: frames.slice(0, 10).map((frame) => frame.trim()) }),
    ...(error.cause === undefined || depth === MAX_CAUSES
      ? {}
      : { cause: describeError(error.cause, depth + 1) }),
  };
}

function errorFields(error: unknown): { error?: DescribedError } {
  return error === undefined ? {} : { error: describeError(error) };
}
