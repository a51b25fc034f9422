import type { Assembly, Resource, StackId } from './assembly.ts';
import type { Resolution } from './resolution.ts';

/** Something in the closure of what runs that would behave differently here. */
export interface Finding {
  /** The stack of the resource; undefined where none is meant. */
  readonly stackId: StackId | undefined;
  readonly logicalId: string;
  readonly path: string;
  /** CloudFormation type of the resource. */
  readonly type: string;
  /** Property path, e.g. `DestinationConfig.OnFailure`; undefined when the resource as a whole is meant. */
  readonly property: string | undefined;
  readonly message: string;
  /** What `--accept` takes to let it pass, `Stack/LogicalId.Property`; empty where nothing can. */
  readonly accept: string;
}

/** A finding about a property of a resource, or about the resource as a whole. */
export function findingOn(resource: Resource, property: string | undefined, message: string): Finding {
  const { stackId, logicalId, path, type } = resource;
  const word = property === undefined ? logicalId : `${logicalId}.${property}`;
  return { stackId, logicalId, path, type, property, message, accept: `${stackId}/${word}` };
}

/** The finding that a property's value is not known here. */
export function unresolvedFinding(
  resource: Resource,
  property: string,
  resolution: Extract<Resolution, { resolved: false }>,
): Finding {
  return findingOn(
    resource,
    property,
    `the value of ${resolution.expression} is not known here: ${resolution.reason}`,
  );
}

/**
 * Sorts findings into those that are accepted and those that aren't, the latter by construct path and property. An accept
 * word that lets nothing pass, or may mean several resources, is a finding itself: it is a mistake, or what it was for
 * has changed.
 *
 * @param accept words as `Finding.accept` spells them; without the stack where only one has such a finding
 */
export function sortedByAcceptance(
  findings: readonly Finding[],
  accept: ReadonlySet<string>,
  assembly: Assembly,
): { readonly accepted: readonly Finding[]; readonly open: readonly Finding[] } {
  const accepted = new Set<string>();
  const mistaken: Finding[] = [];
  for (const word of accept) {
    const choices = [...new Set(findings.filter((one) => isMeantBy(word, one)).map((one) => one.accept))];
    const [only, ...others] = choices.includes(word) ? [word] : choices;
    if (only === undefined) mistaken.push(mistake(word, 'accepts nothing: leave it out', assembly));
    else if (others.length > 0)
      mistaken.push(mistake(word, `may mean any of these, name one: ${choices.join(', ')}`, assembly));
    else accepted.add(only);
  }
  const open = [...findings.filter((finding) => !accepted.has(finding.accept)), ...mistaken];
  return {
    accepted: findings.filter((finding) => accepted.has(finding.accept)),
    open: open.toSorted((left, right) => compare(sortKey(left), sortKey(right))),
  };
}

function isMeantBy(word: string, { accept, stackId }: Finding): boolean {
  return accept !== '' && (accept === word || (stackId !== undefined && accept === `${stackId}/${word}`));
}

function mistake(word: string, why: string, { stacks }: Assembly): Finding {
  const stack = stacks.find(({ id }) => word.startsWith(`${id}/`));
  const [logicalId = word, ...property] = word
    .slice(stack === undefined ? 0 : stack.id.length + 1)
    .split('.');
  const resource = (stack === undefined ? stacks : [stack])
    .map(({ resources }) => resources.get(logicalId))
    .find((candidate) => candidate !== undefined);
  return {
    stackId: stack?.id,
    logicalId,
    path: resource?.path ?? logicalId,
    type: resource?.type ?? 'none',
    property: property.length === 0 ? undefined : property.join('.'),
    message: `--accept ${word} ${why}`,
    accept: '',
  };
}

const sortKey = ({ path, accept, message }: Finding): string => [path, accept, message].join('\n');

// By code unit, not by locale: the order is the same on every machine.
function compare(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}

/**
 * The message that stops a start: every finding with its resource, property, reason and the `--accept` that lets it
 * pass.
 *
 * @returns several lines without a trailing line end; the empty text if there is no finding
 */
export function describeFindings(findings: readonly Finding[]): string {
  if (findings.length === 0) return '';
  const byResource = Map.groupBy(findings, ({ stackId, logicalId }) => `${stackId}/${logicalId}`);
  const count = findings.length === 1 ? '1 thing' : `${findings.length} things`;
  return [
    `${count} in this app would behave differently here than on AWS:`,
    ...[...byResource.values()].flatMap((own) => [
      '',
      ...own.slice(0, 1).map(resourceLine),
      ...own.flatMap(findingLines),
    ]),
    '',
    'Change the app, or start with the --accept words of what may be left out.',
  ].join('\n');
}

function resourceLine({ path, logicalId, type }: Finding): string {
  return path === logicalId ? `${logicalId}  ${type}` : `${path} (${logicalId})  ${type}`;
}

function findingLines({ property, message, accept }: Finding): string[] {
  const line = `  ${property === undefined ? '' : `${property}: `}${message}`;
  return accept === '' ? [line] : [line, `    --accept ${accept}`];
}
