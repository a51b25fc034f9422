import type { Assembly, Resource } from './assembly.ts';
import type { Finding } from './model.ts';
import type { Resolution } from './resolution.ts';

/** A finding about a property of a resource, or about the resource as a whole. */
export function findingOn(resource: Resource, property: string | undefined, message: string): Finding {
  return {
    logicalId: resource.logicalId,
    path: resource.path,
    type: resource.type,
    property,
    message,
    accept: property === undefined ? resource.logicalId : `${resource.logicalId}.${property}`,
  };
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
 * Takes the accepted findings out and sorts the rest by construct path and property. An accept word that took nothing
 * out becomes a finding itself: it is a mistake, or what it was for has changed.
 *
 * @param accept words as `Finding.accept` spells them
 */
export function unaccepted(
  findings: readonly Finding[],
  accept: ReadonlySet<string>,
  assembly: Assembly,
): Finding[] {
  const words = new Set(findings.map((finding) => finding.accept));
  const stale = [...accept].filter((word) => !words.has(word)).map((word) => staleAccept(word, assembly));
  return [...findings.filter((finding) => !accept.has(finding.accept)), ...stale].toSorted((left, right) =>
    compare(sortKey(left), sortKey(right)),
  );
}

function staleAccept(word: string, assembly: Assembly): Finding {
  const [logicalId = word, ...property] = word.split('.');
  const resource = assembly.stacks
    .map((stack) => stack.resources.get(logicalId))
    .find((candidate) => candidate !== undefined);
  return {
    logicalId,
    path: resource?.path ?? logicalId,
    type: resource?.type ?? 'none',
    property: property.length === 0 ? undefined : property.join('.'),
    message: `--accept ${word} accepts nothing: leave it out`,
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
  const byResource = Map.groupBy(findings, ({ path, logicalId, type }) =>
    resourceLine(path, logicalId, type),
  );
  const count = findings.length === 1 ? '1 thing' : `${findings.length} things`;
  return [
    `${count} in this app would behave differently here than on AWS:`,
    ...[...byResource].flatMap(([resource, own]) => ['', resource, ...own.flatMap(findingLines)]),
    '',
    'Change the app, or start with the --accept words of what may be left out.',
  ].join('\n');
}

function resourceLine(path: string, logicalId: string, type: string): string {
  return path === logicalId ? `${logicalId}  ${type}` : `${path} (${logicalId})  ${type}`;
}

function findingLines({ property, message, accept }: Finding): string[] {
  const line = `  ${property === undefined ? '' : `${property}: `}${message}`;
  return accept === '' ? [line] : [line, `    --accept ${accept}`];
}
