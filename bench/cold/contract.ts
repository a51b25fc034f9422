/** What a child process of the benchmark is asked to load. */
export interface LoadTask {
  /** Path of the bundle. */
  readonly bundle: string;
}

/** One start. */
export interface Loaded {
  /** From the import of the bundle to its end, in a process that has done nothing else. */
  readonly loadMs: number;
  /** Of the process, user and system, over the same time. */
  readonly cpuMs: number;
}

/** A bundle to be measured. */
export interface Bundle {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  readonly environment: Readonly<Record<string, string>>;
}
