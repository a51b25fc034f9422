import { isRecord, textOf, whenResolved } from '../resolution.ts';
import { type Intrinsic, malformed } from './intrinsic.ts';

/** `Ref` */
export const ref: Intrinsic = (argument, lookup) =>
  typeof argument === 'string' ? lookup.ref(argument) : malformed('Ref', argument);

/** Both spellings of `Fn::GetAtt`: `["Table", "Arn"]` and `"Table.Arn"`. */
export function attributeTarget(
  argument: unknown,
): { readonly logicalId: string; readonly attribute: unknown } | undefined {
  if (Array.isArray(argument) && typeof argument[0] === 'string' && argument.length === 2) {
    return { logicalId: argument[0], attribute: argument[1] };
  }
  if (typeof argument !== 'string' || !argument.includes('.')) return undefined;
  const dot = argument.indexOf('.');
  return { logicalId: argument.slice(0, dot), attribute: argument.slice(dot + 1) };
}

/** `Fn::GetAtt` */
export const getAtt: Intrinsic = (argument, lookup, resolve) => {
  const target = attributeTarget(argument);
  if (target === undefined) return malformed('Fn::GetAtt', argument);
  return whenResolved(resolve(target.attribute), (attribute) =>
    typeof attribute === 'string'
      ? lookup.attribute(target.logicalId, attribute)
      : malformed('Fn::GetAtt', argument),
  );
};

/** `Fn::ImportValue`; the name may be an intrinsic itself. */
export const importValue: Intrinsic = (argument, lookup, resolve) =>
  whenResolved(resolve(argument), (name) =>
    typeof name === 'string' ? lookup.exported(name) : malformed('Fn::ImportValue', argument),
  );

/** `Fn::GetStackOutput`: `{StackName, OutputName}`. */
export const getStackOutput: Intrinsic = (argument, lookup, resolve) =>
  whenResolved(resolve(argument), (value) =>
    isRecord(value) && typeof value.StackName === 'string' && typeof value.OutputName === 'string'
      ? lookup.output(value.StackName, value.OutputName)
      : malformed('Fn::GetStackOutput', argument),
  );

/** `Fn::FindInMap`: `[map, top level key, second level key]`, and `{DefaultValue}` of the language extensions. */
export const findInMap: Intrinsic = (argument, lookup, resolve) => {
  if (!Array.isArray(argument)) return malformed('Fn::FindInMap', argument);
  const fallback: unknown = argument[3];
  return whenResolved(resolve(argument.slice(0, 3)), (value) => {
    const [map, top, second] = Array.isArray(value) ? value.map(textOf) : [];
    if (map === undefined || top === undefined || second === undefined) {
      return malformed('Fn::FindInMap', argument);
    }
    const found = lookup.mapping(map, top, second);
    return !found.resolved && isRecord(fallback) ? resolve(fallback.DefaultValue) : found;
  });
};
