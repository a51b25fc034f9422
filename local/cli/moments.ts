const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const ISO = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;

/** `90s`, `15m`, `2h` or `7d` in milliseconds; `undefined` for anything else. */
export function durationMs(text: string): number | undefined {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  if (count === undefined || unit === undefined || !isUnit(unit)) return undefined;
  return Number(count) * UNITS[unit];
}

/** ISO 8601 in UTC of a time that was given so, or as `2h`, which is two hours ago; `undefined` for anything else. */
export function momentOf(text: string, now: Date): string | undefined {
  const ago = durationMs(text);
  const at = ago !== undefined ? now.getTime() - ago : ISO.test(text) ? Date.parse(text) : Number.NaN;
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** Milliseconds as the largest unit that they are whole of: `80d`, `36h`. */
export function asDuration(milliseconds: number): string {
  for (const unit of ['d', 'h', 'm'] as const) {
    if (milliseconds % UNITS[unit] === 0) return `${milliseconds / UNITS[unit]}${unit}`;
  }
  return `${milliseconds / UNITS.s}s`;
}

function isUnit(text: string): text is keyof typeof UNITS {
  return Object.hasOwn(UNITS, text);
}
