import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * Stands in bundles for the two packages that look for credentials everywhere (`lib/node-function.ts`): Lambda puts those of
 * the function's role into the environment, and the other places, from profiles to web identities, are 110 kB of code.
 */
export function defaultProvider() {
  return fromEnv();
}

/** The same under the name that the signer of Kafka tokens asks for. */
export function fromNodeProviderChain() {
  return fromEnv();
}
