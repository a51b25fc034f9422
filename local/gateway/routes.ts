import type { RouteModel } from '../resources/http-api.ts';

/** A request's way to its function. */
interface Match {
  readonly route: RouteModel;
  /** Percent-decoded, encoded slashes too: routes are told apart before. */
  readonly decodedPath: string;
  /** Decoded values of the path variables; `undefined` where the route has none. */
  readonly pathParameters: Readonly<Record<string, string>> | undefined;
}

/** `malformed`: the path can't be percent-decoded. */
type RouteResult = Match | 'no-route' | 'malformed';

export type Router = (method: string, path: string) => RouteResult;

type Segment =
  | { readonly kind: 'exact'; readonly text: string }
  | { readonly kind: 'variable' | 'greedy'; readonly name: string };

interface Compiled {
  readonly route: RouteModel;
  readonly method: string;
  readonly segments: readonly Segment[];
}

/**
 * Selects routes as API Gateway does: an exact path before one with variables, and that before a greedy one, judged
 * segment by segment from the left; for the same path the method before ANY; `$default` if nothing else matches.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export function createRouter(routes: readonly RouteModel[]): Router {
  const compiled = routes.filter(({ routeKey }) => routeKey !== '$default').map(compile);
  const bySpecificity = compiled.toSorted(compare);
  const fallback = routes.find(({ routeKey }) => routeKey === '$default');

  return (method, path) => {
    const parts = path.split('/').slice(1);
    const found = bySpecificity.find(
      (candidate) => (candidate.method === 'ANY' || candidate.method === method) && fits(candidate, parts),
    );
    const route = found?.route ?? fallback;
    if (route === undefined) return 'no-route';
    const decodedPath = decode(path);
    if (decodedPath === undefined) return 'malformed';
    return { route, decodedPath, pathParameters: found && pathParameters(found, parts) };
  };
}

function compile(route: RouteModel): Compiled {
  const [method = '', path = ''] = route.routeKey.split(' ');
  return { route, method, segments: path.split('/').slice(1).map(segment) };
}

function segment(text: string): Segment {
  if (!text.startsWith('{') || !text.endsWith('}')) return { kind: 'exact', text };
  const name = text.slice(1, -1);
  return name.endsWith('+') ? { kind: 'greedy', name: name.slice(0, -1) } : { kind: 'variable', name };
}

const rank: Record<Segment['kind'], number> = { exact: 0, variable: 1, greedy: 2 };

function compare(a: Compiled, b: Compiled): number {
  for (const [index, left] of a.segments.entries()) {
    const right = b.segments[index];
    if (right === undefined) break;
    if (left.kind !== right.kind) return rank[left.kind] - rank[right.kind];
  }
  return b.segments.length - a.segments.length || Number(a.method === 'ANY') - Number(b.method === 'ANY');
}

function fits({ segments }: Compiled, parts: readonly string[]): boolean {
  const greedy = segments.at(-1)?.kind === 'greedy';
  if (greedy ? parts.length < segments.length : parts.length !== segments.length) return false;
  return segments.every((each, index) => {
    const part = parts[index] ?? '';
    return each.kind === 'exact' ? each.text === part : part !== '';
  });
}

function pathParameters({ segments }: Compiled, parts: readonly string[]): Match['pathParameters'] {
  const values: [string, string][] = [];
  for (const [index, each] of segments.entries()) {
    if (each.kind === 'exact') continue;
    const encoded = each.kind === 'greedy' ? parts.slice(index).join('/') : (parts[index] ?? '');
    values.push([each.name, decode(encoded) ?? encoded]);
  }
  return values.length === 0 ? undefined : Object.fromEntries(values);
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
