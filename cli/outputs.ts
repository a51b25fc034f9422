import { LocalCloudError } from '../local/errors.ts';

/**
 * The value of a stack's output, by `<stack>.<output>`, whatever the stack's name. Throws `CONFIG_INVALID` if no stack has
 * it, or several do.
 */
export function outputNamed(outputs: Readonly<Record<string, string>>, name: string): string {
  const found = Object.entries(outputs).filter(([key]) => key.endsWith(`.${name}`));
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only[1];
  throw new LocalCloudError(
    'CONFIG_INVALID',
    only === undefined
      ? `no stack of the app has the output ${name}`
      : `several stacks of the app have it: ${found.map(([key]) => key).join(', ')}`,
    { remedy: ['This command knows the order system of this project, by the outputs of its stacks.'] },
  );
}
