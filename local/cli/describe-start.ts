import type { CloudModel } from '../assembly/model.ts';
import type { LocalCloud } from '../cloud.ts';
import { programName, toRun } from '../command-line.ts';
import { bold, table } from './terminal.ts';

/** What a person needs to know of a cloud that has started; `toTry`: commands to go on with. */
export function describeStart(
  { model, engine, apis }: Pick<LocalCloud, 'model' | 'engine' | 'apis'>,
  elapsed: string,
  toTry: readonly string[] = ['status', 'logs', 'mapping list'],
): string {
  const runsSomething = model.functions.length + model.mappings.length > 0;
  return [
    bold(
      runsSomething
        ? `${programName()} is up (${elapsed})`
        : `Nothing of this app runs: it has no function and no event source mapping. What it stores in is there (${elapsed})`,
    ),
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
    ...(runsSomething
      ? [
          '  Node functions run on this Node, whatever their runtime says. HTTP requests need no signature or token here.',
        ]
      : []),
    ...describeAccepted(model.accepted),
    '  Left out, since nothing that runs depends on it:',
    table(describeLeftOut(model.notEmulated), '    '),
    ...(runsSomething ? ['', bold('Try'), ...toTry.map((command) => `  ${toRun(command)}`)] : []),
    '',
    engine.kind === 'embedded'
      ? 'Ctrl-C stops it. Records, offsets and tables are there again after the next start; the list of mails is not.'
      : 'Ctrl-C stops it, and leaves the broker and the AWS endpoint running with all they keep.',
  ].join('\n');
}

/** What was let pass, each with its cost. */
function describeAccepted(accepted: CloudModel['accepted']): string[] {
  if (accepted.length === 0) return [];
  return [
    '  Accepted, and otherwise here than on AWS:',
    ...accepted.flatMap(({ accept, message, reliedOnBy }) => [
      `    ${accept}`,
      `      ${message}`,
      ...(reliedOnBy.length === 0 ? [] : [`      and so is what relies on it: ${reliedOnBy.join(', ')}`]),
    ]),
  ];
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
