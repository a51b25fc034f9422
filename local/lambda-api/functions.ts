import { pathToFileURL } from 'node:url';
import type { FunctionModel } from '../resources/function.ts';
import { type ApiAnswer, document } from './answer.ts';
import type { ApiCall } from './call.ts';
import { findFunction } from './function-reference.ts';
import { page } from './paging.ts';

/** https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html */
const LONGEST_PAGE = 50;

export function listFunctions(functions: readonly FunctionModel[], { query }: ApiCall): ApiAnswer {
  const found = page(functions, ({ name }) => name, query, LONGEST_PAGE);
  if ('refused' in found) return found.refused;
  return document(200, {
    Functions: found.items.map(functionConfiguration),
    ...(found.nextMarker !== undefined && { NextMarker: found.nextMarker }),
  });
}

/** `Code.Location` is the folder the function runs from. */
export function getFunction(functions: readonly FunctionModel[], call: ApiCall): ApiAnswer {
  return about(functions, call, (fn) => ({
    Configuration: functionConfiguration(fn),
    Code: { Location: pathToFileURL(fn.codeDir).href },
    ...(fn.reservedConcurrency !== undefined && {
      Concurrency: { ReservedConcurrentExecutions: fn.reservedConcurrency },
    }),
  }));
}

export function getFunctionConfiguration(functions: readonly FunctionModel[], call: ApiCall): ApiAnswer {
  return about(functions, call, functionConfiguration);
}

function about(
  functions: readonly FunctionModel[],
  { subject, query }: ApiCall,
  content: (fn: FunctionModel) => object,
): ApiAnswer {
  const found = findFunction(functions, subject, query.get('Qualifier'));
  return found.kind === 'found' ? document(200, content(found.fn)) : found.answer;
}

/** `FunctionConfiguration` of the API as far as the template says and the local cloud keeps to it. */
function functionConfiguration(fn: FunctionModel): object {
  return {
    FunctionName: fn.name,
    FunctionArn: fn.arn,
    Runtime: fn.runtime,
    Handler: fn.handler,
    Timeout: fn.timeoutSeconds,
    MemorySize: fn.memoryMiB,
    Environment: { Variables: fn.environment },
    Version: '$LATEST',
    PackageType: 'Zip',
    State: 'Active',
    LastUpdateStatus: 'Successful',
  };
}
