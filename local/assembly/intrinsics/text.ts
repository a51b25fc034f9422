import { isRecord, type Resolution, resolved, textOf, whenAllResolved, whenResolved } from '../resolution.ts';
import { type Intrinsic, malformed } from './intrinsic.ts';
import { attributeTarget } from './named.ts';

/** `Fn::Join`: `[delimiter, list]`. */
export const join: Intrinsic = (argument, _lookup, resolve) =>
  whenResolved(resolve(argument), (value) => {
    const [delimiter, members] = Array.isArray(value) ? value : [];
    if (typeof delimiter !== 'string' || !Array.isArray(members)) return malformed('Fn::Join', argument);
    const texts = members.map(textOf);
    return texts.includes(undefined) ? malformed('Fn::Join', argument) : resolved(texts.join(delimiter));
  });

/** `Fn::Split`: `[delimiter, text]`. */
export const split: Intrinsic = (argument, _lookup, resolve) =>
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
export const sub: Intrinsic = (argument, lookup, resolve) => {
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
export const base64: Intrinsic = (argument, _lookup, resolve) =>
  whenResolved(resolve(argument), (value) =>
    typeof value === 'string'
      ? resolved(Buffer.from(value, 'utf8').toString('base64'))
      : malformed('Fn::Base64', argument),
  );

/** `Fn::ToJsonString`, of the language extensions. */
export const toJsonString: Intrinsic = (argument, _lookup, resolve) =>
  whenResolved(resolve(argument), (value) => resolved(JSON.stringify(value)));
