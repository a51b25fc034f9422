import { isRecord, type Resolution, unresolved } from '../resolution.ts';

/** What intrinsics refer to, seen from one stack. Every member is asked only when an expression needs it. */
export interface Lookup {
  readonly region: string;
  /** `Ref` of a resource, parameter or pseudo parameter. */
  ref(name: string): Resolution;
  /** `Fn::GetAtt` */
  attribute(logicalId: string, name: string): Resolution;
  /** `Fn::ImportValue`: the value another stack exports under this name. */
  exported(name: string): Resolution;
  /** `Fn::GetStackOutput`: an output of another stack, by stack name. */
  output(stackName: string, name: string): Resolution;
  /** `Fn::FindInMap` */
  mapping(map: string, topLevelKey: string, secondLevelKey: string): Resolution;
  /** A named condition of the template, as a boolean. */
  condition(name: string): Resolution;
}

/** Resolves a value nested in an intrinsic's argument. */
export type Resolve = (value: unknown) => Resolution;

/** One intrinsic function: its argument as it stands in the template, what it may look up, and how to go deeper. */
export type Intrinsic = (argument: unknown, lookup: Lookup, resolve: Resolve) => Resolution;

/** Whether a map with this one key is an intrinsic function rather than data. */
export function isIntrinsic(key: string): boolean {
  return key === 'Ref' || key.startsWith('Fn::');
}

/** The key and argument of a map with exactly one key; `undefined` for everything else. */
export function onlyEntry(value: unknown): readonly [string, unknown] | undefined {
  if (!isRecord(value)) return undefined;
  const entries = Object.entries(value);
  return entries.length === 1 ? entries[0] : undefined;
}

export function malformed(name: string, argument: unknown): Resolution {
  return unresolved({ [name]: argument }, `${name} does not have the arguments it takes`);
}
