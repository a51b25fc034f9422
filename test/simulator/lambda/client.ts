import { InvokeCommand, LambdaClient, TooManyRequestsException } from '@aws-sdk/client-lambda';
import { timeout } from '../dynamodb/errors.ts';
import type { Faults } from '../faults.ts';
import type { Process } from '../process.ts';
import type { LambdaHost } from './host.ts';

/** What an invocation is waited for. */
const TIMEOUT_MS = 150_000;

/** The SDK's client of the Lambda API, which invokes functions by their ARN and waits for them. */
export function lambdaClient(lambda: LambdaHost, process: Process, faults: Faults): LambdaClient {
  const send = (command: object) => {
    if (!(command instanceof InvokeCommand)) throw new TypeError('the Lambda API knows no other command');
    const { FunctionName: arn = '', Payload: payload = '' } = command.input;
    return new Promise((resolve, reject) => {
      const isLost = faults.strikes('answer to operator lost', process.name);
      if (isLost) process.after(TIMEOUT_MS, () => reject(timeout()));
      lambda.invoke(
        arn.split(':').at(-1) ?? '',
        payload instanceof Uint8Array ? Buffer.from(payload).toString() : '',
        (result) => {
          if (isLost) return;
          process.deliver(() => {
            if (result.kind === 'throttled') {
              reject(new TooManyRequestsException({ message: 'Rate exceeded', $metadata: {} }));
            } else {
              const isError = result.kind === 'function-error';
              resolve({
                $metadata: {},
                Payload: result.payload,
                ...(isError && { FunctionError: 'Unhandled' }),
              });
            }
          });
        },
      );
    });
  };
  return Object.create(LambdaClient.prototype, { send: { value: send } });
}
