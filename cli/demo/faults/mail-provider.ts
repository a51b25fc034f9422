import { type AwsProxy, type Fate, PASS, startAwsProxy } from '../../faults/aws-proxy.ts';

/** The mail provider as the email function reaches it, in good days and bad. */
export interface MailProvider {
  readonly url: string;
  /** From now on every mail takes half a second, or is answered `503`, or goes out at once. */
  become(mood: 'slow' | 'down' | 'well'): void;
  stop(): Promise<void>;
}

const SLOW: Fate = { kind: 'slow', ms: 500 };
const DOWN: Fate = { kind: 'answer', status: 503, type: 'ServiceUnavailable' };

/** A provider in front of the engine's SES; `target` is asked for the engine's address with every mail. */
export async function mailProvider(target: () => string): Promise<MailProvider> {
  let fate = PASS;
  const { url, stop }: AwsProxy = await startAwsProxy(target, () => fate);
  return {
    url,
    become(mood) {
      fate = { slow: SLOW, down: DOWN, well: PASS }[mood];
    },
    stop,
  };
}
