import type { Resource } from './assembly.ts';
import { type ReadResource, readEach } from './reading.ts';
import type { Scope } from './scope.ts';
import { judge } from './support.ts';
import { clusterSupport } from './support-table.ts';

const clusterTypes: ReadonlySet<string> = new Set(['AWS::MSK::Cluster', 'AWS::MSK::ServerlessCluster']);

/** The clusters among the resources, judged. The local broker stands for each: its name is all there is to read. */
export function clustersThatAreRead(scope: Scope, named: readonly Resource[]): ReadResource<string>[] {
  const clusters = named.filter(({ type }) => clusterTypes.has(type));
  return readEach(clusters, (resource) => ({
    model: scope.identity(resource).name,
    findings: judge(scope, resource, clusterSupport).findings,
  }));
}
