import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Says why a rule of cdk-nag does not hold here. A finding without such a reason fails the template tests.
 *
 * @param rule as cdk-nag prints it, e.g. `IAM5[Resource::*]`
 */
export function acknowledge(scope: IConstruct, rule: string, reason: string): void {
  Validations.of(scope).acknowledge({ id: `AwsSolutions-${rule}`, reason });
}

/** Says why a policy names more than one thing by an ARN with `*` in it. */
export function acknowledgeWildcard(scope: IConstruct, arn: string, reason: string): void {
  acknowledge(scope, `IAM5[Resource::${flat(Stack.of(scope).resolve(arn))}]`, reason);
}

/** An expression as cdk-nag spells it: references in angle brackets. */
function flat(expression: unknown): string {
  if (typeof expression !== 'object' || expression === null) return String(expression);
  const [[name, argument] = []] = Object.entries(expression);
  switch (name) {
    case 'Ref':
      return `<${argument}>`;
    case 'Fn::GetAtt':
      return `<${argument.join('.')}>`;
    case 'Fn::Join':
      return argument[1].map(flat).join(argument[0]);
    default:
      throw new Error(`${name} is not expected in an ARN`);
  }
}
