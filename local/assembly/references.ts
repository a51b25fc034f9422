import type { Resource, Stack } from './assembly.ts';
import { attributeTarget, isIntrinsic, onlyEntry, subVariables } from './intrinsics.ts';
import { isRecord, textOf } from './resolution.ts';
import type { Scope } from './scope.ts';

/**
 * The resources a template value refers to, through other stacks' exports too; both branches of every `Fn::If`.
 *
 * It looks at how the value is written, not at what it comes to: a resource named by a text is not found.
 */
export function referencesIn(scope: Scope, stack: Stack, value: unknown): ReadonlySet<Resource> {
  const found = new Set<Resource>();
  const seen = new Set<unknown>();

  const add = (from: Stack, logicalId: string): void => {
    const resource = from.resources.get(logicalId);
    if (resource !== undefined) found.add(resource);
  };

  const walk = (from: Stack, part: unknown): void => {
    if (typeof part !== 'object' || part === null || seen.has(part)) return;
    seen.add(part);
    const [key, argument] = onlyEntry(part) ?? [];
    if (key !== undefined && isIntrinsic(key)) walkIntrinsic(from, key, argument);
    for (const member of Object.values(part)) walk(from, member);
  };

  const walkIntrinsic = (from: Stack, key: string, argument: unknown): void => {
    switch (key) {
      case 'Ref':
        add(from, textOf(argument) ?? '');
        return;
      case 'Fn::GetAtt':
        add(from, attributeTarget(argument)?.logicalId ?? '');
        return;
      case 'Fn::Sub': {
        const text: unknown = Array.isArray(argument) ? argument[0] : argument;
        for (const name of subVariables(textOf(text) ?? '')) {
          add(from, attributeTarget(name)?.logicalId ?? name);
        }
        return;
      }
      case 'Fn::ImportValue': {
        const name = scope.resolve(from.id, argument);
        const exported = name.resolved ? scope.exportNamed(textOf(name.value) ?? '') : undefined;
        if (exported !== undefined) walk(exported.stack, exported.output.value);
        return;
      }
      case 'Fn::GetStackOutput': {
        const target = scope.resolve(from.id, argument);
        if (!target.resolved || !isRecord(target.value)) return;
        const { StackName, OutputName } = target.value;
        const other = scope.assembly.stacks.find((candidate) => candidate.name === StackName);
        if (other !== undefined) walk(other, other.outputs.get(textOf(OutputName) ?? '')?.value);
        return;
      }
    }
  };

  walk(stack, value);
  return found;
}
