import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    assembly: string;
  }
}

/** The folder of the app's cloud assembly, synthesized once for all integration tests of a run: read it, and leave it as it is. */
export function testAssembly(): string {
  return inject('assembly');
}
