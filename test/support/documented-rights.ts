import { readFileSync } from 'node:fs';

/**
 * The rights that the table *Who may run what* of docs/deploying.md names, as `action on resource` in its own words:
 * ``dynamodb:GetItem on `Shipments` ``.
 *
 * @param under what its second column says
 * @param command a part of its first column. @default - all of them
 */
export function documentedRights(under: string, command = ''): ReadonlySet<string> {
  const text = readFileSync(new URL('../../docs/deploying.md', import.meta.url), 'utf8');
  const [, section = ''] = /\n## Who may run what\n(.*?)\n## /s.exec(text) ?? [];
  const rows = [...section.matchAll(/^\| (.+) \| (.+) \| (.+) \|$/gm)];
  return new Set(
    rows
      .filter(([, commands = '', column]) => column === under && commands.includes(command))
      .flatMap(([, , , rights = '']) => rights.split('; '))
      .flatMap((right) => {
        const [actions = '', resources = ''] = right.split(' on ');
        return [...actions.matchAll(/`(\w+:\w+)`/g)].flatMap(([, action]) =>
          resources.split(' and ').map((resource) => `${action} on ${resource}`),
        );
      }),
  );
}
