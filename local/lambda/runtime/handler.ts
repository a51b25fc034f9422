import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isModuleNamespaceObject } from 'node:util/types';
import { compileFunction } from 'node:vm';

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

/**
 * Loads a module of a task root as Lambda would, where no package.json lies above the code.
 *
 * Here the code lies somewhere inside a project, and the `"type": "module"` of that project would turn the CommonJS
 * bundle `index.js` into a broken ES module. So a `.js` file without a package.json of its own within the task root is
 * CommonJS, or an ES module if it can only be that: the rule Node.js has for a file without any package.json.
 *
 * @see https://nodejs.org/api/packages.html#syntax-detection
 */
async function importFromTask(taskRoot: string, file: string): Promise<unknown> {
  const root = realpathSync(taskRoot);
  const outer = nearestPackageJson(dirname(root));
  if (outer === undefined || existsSync(join(root, 'package.json')) || !isModuleScope(outer)) {
    return import(pathToFileURL(file).href);
  }
  const misjudged = (path: string) => path.endsWith('.js') && nearestPackageJson(dirname(path)) === outer;
  registerHooks({
    load(url, context, nextLoad) {
      const path = url.startsWith('file:') ? fileURLToPath(url) : '';
      if (!misjudged(path)) return nextLoad(url, context);
      const source = readFileSync(path, 'utf8');
      return { format: isCommonJs(source) ? 'commonjs' : 'module', source, shortCircuit: true };
    },
  });
  // An import would ask the outer package.json again for a module that the hook called CommonJS; a require does not.
  const real = realpathSync(file);
  return misjudged(real) && isCommonJs(readFileSync(real, 'utf8'))
    ? createRequire(import.meta.url)(real)
    : import(pathToFileURL(real).href);
}

function nearestPackageJson(folder: string): string | undefined {
  const candidate = join(folder, 'package.json');
  if (existsSync(candidate)) return candidate;
  const parent = dirname(folder);
  return parent === folder ? undefined : nearestPackageJson(parent);
}

function isModuleScope(packageJson: string): boolean {
  const content: unknown = JSON.parse(readFileSync(packageJson, 'utf8'));
  return typeof content === 'object' && content !== null && 'type' in content && content.type === 'module';
}

function isCommonJs(source: string): boolean {
  try {
    compileFunction(source, ['exports', 'require', 'module', '__filename', '__dirname']);
    return true;
  } catch {
    // Either an ES module, or wrong in both ways: then loading it says how.
    return false;
  }
}

/**
 * Runs a handler as the runtimes below nodejs24 do, where it may answer by a promise, by its callback or by
 * `context.succeed`, `fail` and `done`; the first answer counts, and the value it returns otherwise does not.
 *
 * Resolves with the answer. A callback's answer is held back until the event loop is empty, unless the handler has set
 * `context.callbackWaitsForEmptyEventLoop = false`; if the event loop runs empty without any answer, the answer is null.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
 */
export function callWithCallback(handler: Handler, event: unknown, context: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let answer: (() => void) | undefined;
    const settle = () => {
      process.removeListener('beforeExit', settle);
      if (answer === undefined) resolve(null);
      else answer();
    };
    // `beforeExit` is emitted when the event loop has run empty: the runtime itself waits for nothing meanwhile.
    process.once('beforeExit', settle);

    const first = (error: unknown, result: unknown): boolean => {
      if (answer !== undefined) return false;
      answer = error === null || error === undefined ? () => resolve(result) : () => reject(error);
      return true;
    };
    const done = (error: unknown, result?: unknown) => {
      if (first(error, result)) settle();
    };
    const callbackContext = {
      ...context,
      callbackWaitsForEmptyEventLoop: true,
      done,
      succeed: (result?: unknown) => done(null, result),
      fail: (error?: unknown) => done(error ?? 'handled'),
    };
    const callback = (error: unknown, result?: unknown) => {
      const failed = error !== null && error !== undefined;
      if (first(error, result) && (failed || !callbackContext.callbackWaitsForEmptyEventLoop)) settle();
    };

    try {
      const returned = handler(event, callbackContext, callback);
      if (isThenable(returned)) returned.then(callbackContext.succeed, callbackContext.fail);
    } catch (error) {
      done(error);
    }
  });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** The error document of the Runtime API, as the Node.js runtimes of Lambda write it. */
export interface ErrorDocument {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

/** A failure of the runtime itself rather than of the function; `name` is Lambda's error type, e.g. `Runtime.HandlerNotFound`. */
export class RuntimeError extends Error {
  constructor(errorType: string, message: string, options?: { cause: unknown }) {
    super(message, options);
    this.name = errorType;
  }
}

/** Anything can be thrown: what isn't an Error is described by its type and its string. */
export function errorDocument(thrown: unknown): ErrorDocument {
  try {
    if (thrown instanceof Error) {
      return { errorType: thrown.name, errorMessage: thrown.message, trace: thrown.stack?.split('\n') ?? [] };
    }
    return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
  } catch {
    // A getter or toString of the thrown value threw in its turn.
    return { errorType: 'Error', errorMessage: 'The thrown value could not be read.', trace: [] };
  }
}
