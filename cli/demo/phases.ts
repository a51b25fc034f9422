/** How long each step of a demo took, in milliseconds, in the order they ran. */
export type Phases = readonly (readonly [phase: string, milliseconds: number])[];

/** Runs steps one after another, tells of each as it begins, and keeps how long it took. */
export function phases(progress: (text: string) => void): {
  phase<T>(name: string, work: () => Promise<T>): Promise<T>;
  readonly taken: Phases;
} {
  const taken: [string, number][] = [];
  return {
    taken,
    async phase(name, work) {
      progress(name);
      const start = performance.now();
      try {
        return await work();
      } finally {
        taken.push([name, performance.now() - start]);
      }
    },
  };
}
