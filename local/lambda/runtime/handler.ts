import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isModuleNamespaceObject } from 'node:util/types';
import { RuntimeError } from './errors.ts';
import { importFromTask } from './module-scope.ts';

/** A function's handler; whether it answers by its return value or by the callback shows when it is called. */
export type Handler = (
  event: unknown,
  context: object,
  callback?: (error: unknown, result?: unknown) => void,
) => unknown;

/**
 * Loads the handler `<folder>/<module>.<export>` below the task root: `.js`, `.mjs` or `.cjs`, ESM or CommonJS, whose
 * `module.exports` may be a function with the handler as its property.
 *
 * Source: `src/UserFunction.js` of AWS's Node.js runtime interface client
 * (https://github.com/aws/aws-lambda-nodejs-runtime-interface-client).
 *
 * Rejects with a {@link RuntimeError} that has Lambda's error type where Lambda has one, and with whatever the module
 * throws otherwise.
 */
export async function loadHandler(taskRoot: string, handler: string): Promise<Handler> {
  const file = basename(handler);
  const dot = file.indexOf('.');
  if (dot < 1 || handler.includes('..')) {
    throw new RuntimeError('Runtime.MalformedHandlerName', `'${handler}' is not a valid handler name`);
  }
  const exports: unknown = await importModule(taskRoot, join(taskRoot, dirname(handler), file.slice(0, dot)));
  const name = file.slice(dot + 1);
  const found = nested(exports, name);
  if (isHandler(found)) return found;
  const problem = found === undefined ? 'undefined or not exported' : 'not a function';
  throw new RuntimeError('Runtime.HandlerNotFound', `${handler} is ${problem}`);
}

async function importModule(taskRoot: string, path: string): Promise<unknown> {
  const file = ['.js', '.mjs', '.cjs'].map((extension) => path + extension).find(existsSync);
  if (file === undefined) {
    throw new RuntimeError('Runtime.ImportModuleError', `Error: Cannot find module '${path}'`);
  }
  try {
    const exports = await importFromTask(taskRoot, file);
    // What a CommonJS module has set `module.exports` to: https://nodejs.org/api/esm.html#commonjs-namespaces
    return isModuleNamespaceObject(exports) && has(exports, 'module.exports')
      ? exports['module.exports']
      : exports;
  } catch (error) {
    if (error instanceof SyntaxError) throw renamed('Runtime.UserCodeSyntaxError', error);
    if (isModuleNotFound(error)) throw renamed('Runtime.ImportModuleError', error);
    throw error;
  }
}

function isModuleNotFound(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^(ERR_)?MODULE_NOT_FOUND$/.test(String(error.code));
}

function renamed(errorType: string, error: Error): RuntimeError {
  const runtimeError = new RuntimeError(errorType, String(error), { cause: error });
  // The stack of a syntax error begins with the file and the line, which is what the reader needs.
  if (error.stack !== undefined) runtimeError.stack = error.stack;
  return runtimeError;
}

function nested(value: unknown, path: string): unknown {
  let current = value;
  for (const key of path.split('.')) {
    if ((typeof current !== 'object' && typeof current !== 'function') || current === null) return undefined;
    current = Reflect.get(current, key);
  }
  return current;
}

function has<Key extends string>(value: unknown, key: Key): value is Readonly<Record<Key, unknown>> {
  return typeof value === 'object' && value !== null && key in value;
}

function isHandler(value: unknown): value is Handler {
  return typeof value === 'function';
}
