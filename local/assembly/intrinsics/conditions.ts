import {
  type Resolution,
  resolved,
  textOf,
  unresolved,
  whenAllResolved,
  whenResolved,
} from '../resolution.ts';
import { type Intrinsic, type Lookup, malformed, onlyEntry, type Resolve } from './intrinsic.ts';

/** `Fn::If`: `[condition name, value if true, value if false]`; the other branch is not looked at. */
export const choose: Intrinsic = (argument, lookup, resolve) => {
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
