import pg from 'pg';

export type Query = (
  statement: string,
  values?: readonly unknown[],
) => Promise<{ readonly rows: Record<string, unknown>[] }>;

/** Has the client that is imported next do something else with its statements; `really` does what was meant. */
export function interceptQueries(
  instead: (really: Query, statement: string, values: readonly unknown[]) => ReturnType<Query>,
): void {
  const Client = pg.Client;
  class Intercepted extends Client {
    constructor() {
      super();
      const really: Query = (statement, values = []) => super.query(statement, [...values]);
      const query: Query = (statement, values = []) => instead(really, statement, values);
      Object.assign(this, { query });
    }
  }
  Object.assign(pg, { Client: Intercepted });
}
