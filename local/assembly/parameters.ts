import type { Parameter, Stack } from './assembly.ts';
import type { EngineFacts } from './model.ts';
import { derivedUuid } from './physical-names.ts';
import { type Resolution, resolved, textOf, unresolved } from './resolution.ts';

/**
 * `Ref` of a pseudo parameter; `undefined` if the name is not one.
 *
 * Account and region are the engine's, whatever environment the stack was synthesized for: everything runs in one
 * place here. Source: "Pseudo parameters reference" of the AWS CloudFormation user guide.
 */
export function pseudoParameter(stack: Stack, name: string, facts: EngineFacts): Resolution | undefined {
  switch (name) {
    case 'AWS::AccountId':
      return resolved(facts.account);
    case 'AWS::NoValue':
      return resolved(undefined);
    case 'AWS::NotificationARNs':
      return resolved([]);
    case 'AWS::Partition':
      return resolved('aws');
    case 'AWS::Region':
      return resolved(facts.region);
    case 'AWS::StackId':
      return resolved(
        `arn:aws:cloudformation:${facts.region}:${facts.account}:stack/${stack.name}/${derivedUuid(stack.id)}`,
      );
    case 'AWS::StackName':
      return resolved(stack.name);
    case 'AWS::URLSuffix':
      return resolved('amazonaws.com');
    default:
      return undefined;
  }
}

/** `Ref` of a parameter of the template: its default, since nobody is there to pass a value. */
export function parameterValue(name: string, parameter: Parameter): Resolution {
  if (parameter.default === undefined) {
    return unresolved({ Ref: name }, 'the parameter has no default');
  }
  if (parameter.type.startsWith('AWS::SSM::Parameter::Value')) {
    return unresolved({ Ref: name }, 'the value is in the SSM parameter store of an account');
  }
  const isList = parameter.type === 'CommaDelimitedList' || parameter.type.startsWith('List<');
  return resolved(
    isList
      ? (textOf(parameter.default) ?? '').split(',').map((member) => member.trim())
      : (textOf(parameter.default) ?? parameter.default),
  );
}
