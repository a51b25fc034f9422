import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { compileFunction } from 'node:vm';

/**
 * Loads a module of a task root as Lambda would, where no package.json lies above the code.
 *
 * Here the code lies somewhere inside a project, and the `"type": "module"` of that project would turn the CommonJS
 * bundle `index.js` into a broken ES module. So a `.js` file without a package.json of its own within the task root is
 * CommonJS, or an ES module if it can only be that: the rule Node.js has for a file without any package.json.
 *
 * @see https://nodejs.org/api/packages.html#syntax-detection
 */
export async function importFromTask(taskRoot: string, file: string): Promise<unknown> {
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
