/**
 * One absolute deadline for everything that is asked of somebody else, answers included:
 *
 *     attempt    |- connect, send, headers, body -|          attemptMs: then the connection is closed, and the SDK tries again
 *     call       |- attempt -|- pause -|- attempt -|- ...|   callMs: then the call has failed, and nothing of it is sent again
 *
 * The SDK's own `requestTimeout` ends at the headers (https://github.com/smithy-lang/smithy-typescript, `setRequestTimeout`
 * of `@smithy/node-http-handler`): a body that never comes, or comes a byte a second, would be waited for for ever. What was
 * given up may have been carried out: it is a lost answer (`isLostAnswer`).
 */
import { Readable } from 'node:stream';
import type { DynamoDBClient, DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { OrderlyError } from './errors.ts';

/** Milliseconds at the end of an invocation for its answer to Lambda: whatever it waits for has ended before. */
export const ANSWER_MS = 2_000;

/** A signal that aborts after so many milliseconds: `AbortSignal.timeout`, or one by another clock. */
type Timeout = (ms: number) => AbortSignal;

/** How long a client waits, in milliseconds. */
export interface Patience {
  /** How often a request is sent at most. */
  readonly attempts: number;
  /** Of one attempt, from looking for a connection to the last byte of the answer. */
  readonly attemptMs: number;
  /** Of a call with all its attempts and the pauses between them. */
  readonly callMs: number;
}

/** What a client of the AWS SDK is made with here; all of them understand it. */
type Settings = Pick<DynamoDBClientConfig, 'maxAttempts' | 'retryMode' | 'requestHandler'>;

/** What all clients of the AWS SDK have. */
interface AwsClient {
  send(command: never, options?: { abortSignal?: AbortSignal }): Promise<unknown>;
  readonly middlewareStack: { use(plugin: { applyToStack(stack: never): void }): void };
}
/** The same for all of them but for the types of requests, which nobody looks at here. */
type Stack = DynamoDBClient['middlewareStack'];

/**
 * A client of the AWS SDK whose every call ends in time: the one way in which a function gets one.
 *
 * Endpoint, region and credentials come from the environment, connections are kept.
 */
export function awsClient<Client extends AwsClient>(
  Client: new (settings: Settings) => Client,
  { attempts, attemptMs, callMs }: Patience,
): Client {
  const client = new Client({
    maxAttempts: attempts,
    retryMode: 'standard',
    requestHandler: {
      connectionTimeout: 1_000,
      requestTimeout: attemptMs,
      // Else the SDK only warns.
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: 50 },
      httpsAgent: { keepAlive: true, maxSockets: 50 },
    },
  });
  client.middlewareStack.use({
    applyToStack(stack: Stack) {
      // It copies every request and answer for a log, even where nobody logs: a sixth of a consumer's CPU time.
      stack.remove('loggerMiddleware');
      endBodies(stack, attemptMs);
    },
  });
  return withDeadline(client, callMs, AbortSignal.timeout);
}

/**
 * The client, each of whose calls ends after so many milliseconds, or when the signal aborts that it is given.
 *
 * @throws {OrderlyError} `TimeoutError`, retriable, from `send`
 */
export function withDeadline<Client extends Pick<AwsClient, 'send'>>(
  client: Client,
  callMs: number,
  timeout: Timeout,
): Client {
  const send: AwsClient['send'] = (command, options) => {
    const abortSignal = anyOf(timeout(callMs), options?.abortSignal);
    // Raced, since the SDK's pauses between attempts don't hear of the signal.
    return endBy(abortSignal, () => client.send(command, { ...options, abortSignal }));
  };
  return Object.create(client, { send: { value: send } });
}

/** A signal that aborts with the first of the two, if there is another. */
export function anyOf(signal: AbortSignal, other: AbortSignal | undefined): AbortSignal {
  return other === undefined ? signal : AbortSignal.any([signal, other]);
}

/**
 * What `work` ends as, if it does before the signal aborts; it isn't begun after that.
 *
 * @throws {OrderlyError} `TimeoutError`, retriable: nobody knows what has become of it
 */
export function endBy<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new OrderlyError('TimeoutError', 'not ended in time', { retriable: true }));
    if (signal.aborted) return giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    work()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', giveUp));
  });
}

/** Closes the connection of an answer whose body isn't there in time; to the SDK it is a timeout like any other. */
function endBodies(stack: Stack, attemptMs: number): void {
  stack.add(
    (next) => async (args) => {
      const endsAt = performance.now() + attemptMs;
      const answer = await next(args);
      const { response } = answer;
      const body =
        typeof response === 'object' && response !== null && 'body' in response ? response.body : undefined;
      if (body instanceof Readable) {
        const late = Object.assign(new Error('no whole answer in time'), { name: 'TimeoutError' });
        const timer = setTimeout(() => body.destroy(late), endsAt - performance.now());
        timer.unref();
        body.once('close', () => clearTimeout(timer));
      }
      return answer;
    },
    // Below the deserializer, which reads the body; once for each attempt.
    { step: 'deserialize', priority: 'low', name: 'endBodies' },
  );
}
