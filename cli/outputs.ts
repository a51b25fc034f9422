import { LocalCloudError } from '../local/errors.ts';

/** The value of a stack's output, whatever the stack's name. Throws `CONFIG_INVALID` if no stack has it. */
export function outputNamed(outputs: Readonly<Record<string, string>>, name: string): string {
  const found = Object.entries(outputs).find(([key]) => key.endsWith(`.${name}`));
  if (found) return found[1];
  throw new LocalCloudError('CONFIG_INVALID', `no stack of the app has the output ${name}`, {
    remedy: ['This command knows the order system of this project, by the outputs of its stacks.'],
  });
}
