import type { PrefixHandler } from '../gateway/gateway.ts';
import type { Schedules, TargetResult } from './schedules.ts';

/** What `POST /_orderly/schedules/<schedule>/run` answers; with status 404 and 409 the reason is in `message`. */
export type RunAnswer = { readonly results: readonly TargetResult[] } | { readonly message: string };

/**
 * Runs a schedule by hand: `POST /_orderly/schedules/<logical id or construct path, percent-encoded>/run`, answered when
 * its functions have ended. The gateway has kept other sites' pages out by then.
 */
export function scheduleRunHandler(schedules: Pick<Schedules, 'runNow'>): PrefixHandler {
  const prefix = '/_orderly/schedules';
  return {
    prefix,
    async handle(request, response) {
      const answer = (status: number, body: RunAnswer): void => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      };
      const [path = ''] = (request.url ?? '').split('?');
      const name = nameIn(path.slice(prefix.length));
      if (name === undefined) return answer(404, { message: 'Not Found' });
      if (request.method !== 'POST') return answer(405, { message: 'Method Not Allowed' });

      // A function may take longer than the gateway lets a connection be silent.
      request.socket.setTimeout(0);
      const results = await schedules.runNow(name);
      if (results === 'unknown') return answer(404, { message: `there is no schedule ${name}` });
      if (results === 'ambiguous') {
        return answer(409, { message: `several stacks have a schedule ${name}: name its construct path` });
      }
      return answer(200, { results });
    },
  };
}

function nameIn(path: string): string | undefined {
  const [, encoded] = /^\/([^/]+)\/run$/.exec(path) ?? [];
  try {
    return encoded === undefined ? undefined : decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
