import type { CloudModel } from '../local/assembly/model.ts';
import type { LocalCloud } from '../local/cloud.ts';
import { ORDERLY } from '../local/command-line.ts';
import { bold, table } from './terminal.ts';

/** Of the app of the folder; another one need not sell anything. */
const ORDERS_TO_TRY = ['order --count 10', 'status', 'mails'];

/** What a person needs to know of a cloud that has started; `isThisApp`: it is the one of the folder. */
export function describeStart(
  { model, engine, apis }: LocalCloud,
  elapsed: string,
  isThisApp: boolean,
): string {
  return [
    bold(`orderly is up (${elapsed})`),
    '',
    table(
      [
        ...apis.map(({ name, url }) => [`API ${name}`, url]),
        ['Kafka', `${engine.bootstrapServers}  ${model.topics.map(({ name }) => name).join(', ')}`],
        ['AWS endpoint', engine.awsEndpoint],
        ...model.functions.map(({ path }, index) => [index === 0 ? 'functions' : '', path]),
      ],
      '  ',
    ),
    '',
    '  Node functions run on this Node, whatever their runtime says. HTTP requests need no signature or token here.',
    '  Left out, since nothing that runs depends on it:',
    table(describeLeftOut(model.notEmulated), '    '),
    '',
    bold('Try'),
    ...(isThisApp ? ORDERS_TO_TRY : ['status', 'logs', 'mapping list']).map(
      (command) => `  ${ORDERLY} ${command}`,
    ),
    '',
    'Ctrl-C stops it. Orders, offsets and tables are there again after the next start; the list of mails is not.',
  ].join('\n');
}

/** Types of resources by their service. Most functions run, so one that doesn't is named by its path. */
function describeLeftOut(resources: CloudModel['notEmulated']): readonly (readonly string[])[] {
  const services = new Map<string, Set<string>>();
  for (const { type, path } of resources) {
    const service = type.split('::').slice(0, -1).join('::');
    const names = services.get(service) ?? new Set();
    names.add(type === 'AWS::Lambda::Function' ? `Function ${path}` : (type.split('::').at(-1) ?? type));
    services.set(service, names);
  }
  if (services.size === 0) return [['nothing']];
  return [...services]
    .map(([service, names]) => [service, [...names].sort().join(', ')])
    .sort(([one = ''], [other = '']) => one.localeCompare(other));
}
