import { resolved, textOf, unresolved, whenResolved } from '../resolution.ts';
import { type Intrinsic, malformed } from './intrinsic.ts';

/** `Fn::Select`: `[index, list]`. Of a list written out, only the chosen member has to be resolvable. */
export const select: Intrinsic = (argument, _lookup, resolve) => {
  if (!Array.isArray(argument) || argument.length !== 2) return malformed('Fn::Select', argument);
  const [position, list] = argument;
  return whenResolved(resolve(position), (index) => {
    if (Array.isArray(list) && Number(index) in list) return resolve(list[Number(index)]);
    return whenResolved(resolve(list), (members) =>
      Array.isArray(members) && Number(index) in members
        ? resolved(members[Number(index)])
        : unresolved({ 'Fn::Select': argument }, `there is no member ${textOf(index) ?? ''} in the list`),
    );
  });
};

/** `Fn::GetAZs`: three zones, whatever the region. There are none here, and templates only pick the first few. */
export const availabilityZones: Intrinsic = (argument, lookup, resolve) =>
  whenResolved(resolve(argument), (value) => {
    const region = typeof value === 'string' && value !== '' ? value : lookup.region;
    return resolved(['a', 'b', 'c'].map((zone) => `${region}${zone}`));
  });

/** `Fn::Length`, of the language extensions. */
export const length: Intrinsic = (argument, _lookup, resolve) =>
  whenResolved(resolve(argument), (value) =>
    Array.isArray(value) ? resolved(value.length) : malformed('Fn::Length', argument),
  );
