/** Where a contender reads, and whom it calls. */
export interface Assignment {
  readonly bootstrapServers: string;
  readonly topic: string;
  readonly partitions: number;
  readonly groupId: string;
  /** Records in one event, at most. */
  readonly batchSize: number;
  /** Folder of the function's code, `index.js`. */
  readonly codeDir: string;
  /** The export of `index.js` that is called. */
  readonly handler: 'noop' | 'slow';
  /** Folder into which the package was installed; only the package needs it. */
  readonly packageDir: string;
}

/** Begins to read from the topic's beginning, and tells how many records each call of the function has handled. */
export type Contender = (assignment: Assignment, onHandled: (records: number) => void) => Promise<void>;

/**
 * The function that is called. It does nothing but count the records, so that nobody can claim calls that brought none;
 * `slow` takes its time.
 */
export const FUNCTION_CODE = `
const count = (event) => Object.values(event.records).reduce((sum, records) => sum + records.length, 0);
exports.noop = async (event) => count(event);
exports.slow = async (event) => {
  await new Promise((resolve) => setTimeout(resolve, 50));
  return count(event);
};
`;
