import type { FunctionModel } from '../resources/function.ts';
import { type ApiAnswer, apiError } from './answer.ts';

/** The three forms of a function's name, each with or without a qualifier: name, partial ARN, ARN. */
const forms =
  /^(?:arn:aws[a-zA-Z-]*:lambda:(?<region>[a-z]{2,}(?:-[a-z]+)+-\d+):(?=\d{12}:function:))?(?:(?<account>\d{12}):(?:function:)?|function:)?(?<name>[a-zA-Z0-9-_]+)(?::(?<qualifier>\$LATEST|[a-zA-Z0-9-_]+))?$/;

interface FunctionReference {
  readonly name: string;
  /** `undefined` stands for the function's own. */
  readonly region: string | undefined;
  readonly account: string | undefined;
  /** A version or an alias. */
  readonly qualifier: string | undefined;
}

/**
 * Reads `FunctionName` as the Lambda API takes it; `undefined` if it has none of its forms.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export function functionReference(text: string): FunctionReference | undefined {
  const groups = forms.exec(text)?.groups;
  if (groups?.name === undefined) return undefined;
  const { name, region, account, qualifier } = groups;
  return { name, region, account, qualifier };
}

/** Whether a function is the one a reference names. */
export function isReferredTo(fn: Pick<FunctionModel, 'name' | 'arn'>, reference: FunctionReference): boolean {
  const [, , , region, account] = fn.arn.split(':');
  return (
    fn.name === reference.name &&
    (reference.region ?? region) === region &&
    (reference.account ?? account) === account
  );
}

type Found =
  | { readonly kind: 'found'; readonly fn: FunctionModel }
  | { readonly kind: 'refused'; readonly answer: ApiAnswer };

/**
 * The function a request is about. There is one version of each here, `$LATEST`: whatever the qualifier, it is meant.
 */
export function findFunction(
  functions: readonly FunctionModel[],
  text: string,
  qualifier: string | null,
): Found {
  const reference = functionReference(text);
  if (reference === undefined) {
    return refused(
      apiError('InvalidParameterValueException', `FunctionName: it is no name or ARN of a function.`),
    );
  }
  if (qualifier !== null && reference.qualifier !== undefined && reference.qualifier !== qualifier) {
    const message = 'The derived qualifier from the function name does not match the specified qualifier.';
    return refused(apiError('InvalidParameterValueException', message));
  }
  const fn = functions.find((candidate) => isReferredTo(candidate, reference));
  if (fn !== undefined) return { kind: 'found', fn };
  return refused(apiError('ResourceNotFoundException', `Function not found: ${text}`));
}

function refused(answer: ApiAnswer): Found {
  return { kind: 'refused', answer };
}
