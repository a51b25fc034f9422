import {
  isPresent,
  isRecord,
  type Resolution,
  resolved,
  textOf,
  unresolved,
  whenAllResolved,
  whenResolved,
} from './resolution.ts';

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
type Resolve = (value: unknown) => Resolution;

/** One intrinsic function: its argument as it stands in the template, what it may look up, and how to go deeper. */
type Intrinsic = (argument: unknown, lookup: Lookup, resolve: Resolve) => Resolution;

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

function malformed(name: string, argument: unknown): Resolution {
  return unresolved({ [name]: argument }, `${name} does not have the arguments it takes`);
}

/** `Ref` */
const ref: Intrinsic = (argument, lookup) =>
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
const getAtt: Intrinsic = (argument, lookup, resolve) => {
  const target = attributeTarget(argument);
  if (target === undefined) return malformed('Fn::GetAtt', argument);
  return whenResolved(resolve(target.attribute), (attribute) =>
    typeof attribute === 'string'
      ? lookup.attribute(target.logicalId, attribute)
      : malformed('Fn::GetAtt', argument),
  );
};

/** `Fn::ImportValue`; the name may be an intrinsic itself. */
const importValue: Intrinsic = (argument, lookup, resolve) =>
  whenResolved(resolve(argument), (name) =>
    typeof name === 'string' ? lookup.exported(name) : malformed('Fn::ImportValue', argument),
  );

/** `Fn::GetStackOutput`: `{StackName, OutputName}`. */
const getStackOutput: Intrinsic = (argument, lookup, resolve) =>
  whenResolved(resolve(argument), (value) =>
    isRecord(value) && typeof value.StackName === 'string' && typeof value.OutputName === 'string'
      ? lookup.output(value.StackName, value.OutputName)
      : malformed('Fn::GetStackOutput', argument),
  );

/** `Fn::FindInMap`: `[map, top level key, second level key]`, and `{DefaultValue}` of the language extensions. */
const findInMap: Intrinsic = (argument, lookup, resolve) => {
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

/** `Fn::Join`: `[delimiter, list]`. */
const join: Intrinsic = (argument, _lookup, resolve) =>
  whenResolved(resolve(argument), (value) => {
    const [delimiter, members] = Array.isArray(value) ? value : [];
    if (typeof delimiter !== 'string' || !Array.isArray(members)) return malformed('Fn::Join', argument);
    const texts = members.map(textOf);
    return texts.includes(undefined) ? malformed('Fn::Join', argument) : resolved(texts.join(delimiter));
  });

/** `Fn::Split`: `[delimiter, text]`. */
const split: Intrinsic = (argument, _lookup, resolve) =>
  whenResolved(resolve(argument), (value) => {
    const [delimiter, text] = Array.isArray(value) ? value : [];
    return typeof delimiter === 'string' && typeof text === 'string'
      ? resolved(text.split(delimiter))
      : malformed('Fn::Split', argument);
  });

/** `${Name}` and `${Name.Attribute}`, but not the escaped `${!Name}`. */
const variable = /\$\{([^!}][^}]*)\}/g;

/** What the variables in a `Fn::Sub` text name, in order. */
export function subVariables(text: string): readonly string[] {
  return [...text.matchAll(variable)].map(([, name = '']) => name.trim());
}

/** `Fn::Sub`: `text`, or `[text, {variable: value}]`. */
const sub: Intrinsic = (argument, lookup, resolve) => {
  const [text, own] = Array.isArray(argument) ? argument : [argument, {}];
  if (typeof text !== 'string' || !isRecord(own)) return malformed('Fn::Sub', argument);
  const variableValue = (name: string): Resolution => {
    if (Object.hasOwn(own, name)) return resolve(own[name]);
    const target = attributeTarget(name);
    return typeof target?.attribute === 'string'
      ? lookup.attribute(target.logicalId, target.attribute)
      : lookup.ref(name);
  };
  return whenAllResolved(subVariables(text).map(variableValue), (values) => {
    const texts = values.map(textOf);
    if (texts.includes(undefined)) return malformed('Fn::Sub', argument);
    let at = 0;
    const filled = text.replace(/\$\{(!?)([^}]*)\}/g, (_whole, escaped: string, name: string) =>
      escaped === '' && name !== '' ? (texts[at++] ?? '') : `\${${name}}`,
    );
    return resolved(filled);
  });
};

/** `Fn::Base64`: of the text's UTF-8 bytes. */
const base64: Intrinsic = (argument, _lookup, resolve) =>
  whenResolved(resolve(argument), (value) =>
    typeof value === 'string'
      ? resolved(Buffer.from(value, 'utf8').toString('base64'))
      : malformed('Fn::Base64', argument),
  );

/** `Fn::ToJsonString`, of the language extensions. */
const toJsonString: Intrinsic = (argument, _lookup, resolve) =>
  whenResolved(resolve(argument), (value) => resolved(JSON.stringify(value)));

/** `Fn::Select`: `[index, list]`. Of a list written out, only the chosen member has to be resolvable. */
const select: Intrinsic = (argument, _lookup, resolve) => {
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
const availabilityZones: Intrinsic = (argument, lookup, resolve) =>
  whenResolved(resolve(argument), (value) => {
    const region = typeof value === 'string' && value !== '' ? value : lookup.region;
    return resolved(['a', 'b', 'c'].map((zone) => `${region}${zone}`));
  });

/** `Fn::Length`, of the language extensions. */
const length: Intrinsic = (argument, _lookup, resolve) =>
  whenResolved(resolve(argument), (value) =>
    Array.isArray(value) ? resolved(value.length) : malformed('Fn::Length', argument),
  );

/** `Fn::If`: `[condition name, value if true, value if false]`; the other branch is not looked at. */
const choose: Intrinsic = (argument, lookup, resolve) => {
  if (!Array.isArray(argument) || argument.length !== 3) return malformed('Fn::If', argument);
  const [condition, whenTrue, whenFalse] = argument;
  const holds =
    typeof condition === 'string' ? lookup.condition(condition) : conditionHolds(condition, lookup, resolve);
  return whenResolved(holds, (value) => resolve(value === true ? whenTrue : whenFalse));
};

/**
 * Evaluates a condition of a template's `Conditions` to a boolean.
 *
 * Source: "Condition functions" of the AWS CloudFormation user guide: `Fn::Equals`, `Fn::And`, `Fn::Or`, `Fn::Not` and
 * `Condition`, nested as one likes.
 */
export function conditionHolds(condition: unknown, lookup: Lookup, resolve: Resolve): Resolution {
  const [key, argument] = onlyEntry(condition) ?? [];
  const operands: readonly unknown[] = Array.isArray(argument) ? argument : [];
  const all = (judge: (values: readonly unknown[]) => boolean): Resolution =>
    whenAllResolved(
      operands.map((operand) => conditionHolds(operand, lookup, resolve)),
      (values) => resolved(judge(values)),
    );
  switch (key) {
    case 'Condition':
      return typeof argument === 'string' ? lookup.condition(argument) : malformed(key, argument);
    case 'Fn::Equals':
      return whenAllResolved(operands.map(resolve), ([left, right]) => resolved(isEqual(left, right)));
    case 'Fn::Not':
      return all(([value]) => value === false);
    case 'Fn::And':
      return all((values) => !values.includes(false));
    case 'Fn::Or':
      return all((values) => values.includes(true));
    default:
      return unresolved(condition, 'it is not a condition');
  }
}

/** CloudFormation compares text: `"1"` equals `1`, and `"true"` equals `true`. */
function isEqual(left: unknown, right: unknown): boolean {
  return (textOf(left) ?? JSON.stringify(left)) === (textOf(right) ?? JSON.stringify(right));
}

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
          'it is read from an account when a stack is synthesized or deployed; millrace.json can give a function’s variable another value',
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
