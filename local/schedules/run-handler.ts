import type { PrefixHandler } from '../gateway/gateway.ts';
import type { Schedules, TargetResult } from './schedules.ts';

/** What `POST /_millrace/schedules/<schedule>/run` answers; with another status than 200 the reason is in `message`. */
export type RunAnswer = { readonly results: readonly TargetResult[] } | { readonly message: string };

/**
 * Runs a schedule by hand: `POST /_millrace/schedules/<logical id or construct path, percent-encoded>/run`, answered when
 * its functions have ended; `?at=<ISO 8601>` is another time for their event to tell. The gateway has kept other sites'
 * pages out by then.
 */
export function scheduleRunHandler(schedules: Pick<Schedules, 'runNow'>): PrefixHandler {
  const prefix = '/_millrace/schedules';
  return {
    prefix,
    async handle(request, response) {
      const answer = (status: number, body: RunAnswer): void => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      };
      const [path = '', query] = (request.url ?? '').split('?');
      const name = nameIn(path.slice(prefix.length));
      if (name === undefined) return answer(404, { message: 'Not Found' });
      if (request.method !== 'POST') return answer(405, { message: 'Method Not Allowed' });
      const at = timeIn(query);
      if (Number.isNaN(at)) return answer(400, { message: 'at is no time' });

      const results = await schedules.runNow(name, at);
      if (results === 'unknown') return answer(404, { message: `there is no schedule ${name}` });
      if (results === 'ambiguous') {
        return answer(409, { message: `several stacks have a schedule ${name}: name its construct path` });
      }
      return answer(200, { results });
    },
  };
}

function timeIn(query: string | undefined): number | undefined {
  const at = new URLSearchParams(query).get('at');
  return at === null ? undefined : Date.parse(at);
}

function nameIn(path: string): string | undefined {
  const [, encoded] = /^\/([^/]+)\/run$/.exec(path) ?? [];
  try {
    return encoded === undefined ? undefined : decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
