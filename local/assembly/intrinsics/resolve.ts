import {
  isPresent,
  isRecord,
  type Resolution,
  resolved,
  unresolved,
  whenAllResolved,
  whenResolved,
} from '../resolution.ts';
import { choose } from './conditions.ts';
import { type Intrinsic, isIntrinsic, type Lookup, onlyEntry } from './intrinsic.ts';
import { availabilityZones, length, select } from './lists.ts';
import { findInMap, getAtt, getStackOutput, importValue, ref } from './named.ts';
import { base64, join, split, sub, toJsonString } from './text.ts';

const intrinsics: ReadonlyMap<string, Intrinsic> = new Map([
  ['Ref', ref],
  ['Fn::Base64', base64],
  ['Fn::FindInMap', findInMap],
  ['Fn::GetAZs', availabilityZones],
  ['Fn::GetAtt', getAtt],
  ['Fn::GetStackOutput', getStackOutput],
  ['Fn::If', choose],
  ['Fn::ImportValue', importValue],
  ['Fn::Join', join],
  ['Fn::Length', length],
  ['Fn::Select', select],
  ['Fn::Split', split],
  ['Fn::Sub', sub],
  ['Fn::ToJsonString', toJsonString],
]);

/**
 * Resolves a template value: scalars as they are, lists and maps member by member, intrinsics through `lookup`.
 *
 * Source: "Intrinsic function reference" of the AWS CloudFormation user guide. Macros (`Fn::Transform`) and whatever
 * else is not in the table above come out unresolved, and so does a text with a dynamic reference in it, wherever it
 * comes from: written out, put together, the default of a parameter, or a member of a mapping.
 */
export function resolveValue(value: unknown, lookup: Lookup): Resolution {
  return whenResolved(resolveParts(value, lookup), (result) => {
    const reference = readElsewhere(result);
    return reference === undefined
      ? resolved(result)
      : unresolved(
          reference,
          'it is read from an account when a stack is synthesized or deployed; orderly.json can give a function’s variable another value',
        );
  });
}

/**
 * The first text in a value that only stands for another one: a dynamic reference, `{{resolve:service:key}}`, or what CDK
 * has in place of an SSM parameter that it has not looked up (`StringParameter.valueFromLookup` of aws-cdk-lib).
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
 */
function readElsewhere(value: unknown): string | undefined {
  if (typeof value === 'string') return /\{\{resolve:[^{}]*\}\}|dummy-value-for-\S+/.exec(value)?.[0];
  if (typeof value !== 'object' || value === null) return undefined;
  for (const member of Object.values(value)) {
    const reference = readElsewhere(member);
    if (reference !== undefined) return reference;
  }
  return undefined;
}

function resolveParts(value: unknown, lookup: Lookup): Resolution {
  const resolve = (nested: unknown): Resolution => resolveValue(nested, lookup);
  const [key, argument] = onlyEntry(value) ?? [];
  if (key !== undefined && isIntrinsic(key)) {
    const intrinsic = intrinsics.get(key);
    return intrinsic?.(argument, lookup, resolve) ?? unresolved(value, `${key} is not understood`);
  }
  if (Array.isArray(value)) {
    return whenAllResolved(value.map(resolve), (members) => resolved(members.filter(isPresent)));
  }
  if (!isRecord(value)) return resolved(value);
  const keys = Object.keys(value);
  return whenAllResolved(Object.values(value).map(resolve), (members) =>
    resolved(
      Object.fromEntries(
        keys.map((name, at) => [name, members[at]]).filter(([, member]) => isPresent(member)),
      ),
    ),
  );
}
