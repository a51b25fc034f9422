import * as z from 'zod';
import type { Carrier } from '../shipping/carrier.ts';

/** `<UTC day>-<carrier>`, e.g. `2026-03-01-post`: a carrier gets one manifest a day at most. */
export const ManifestId = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}-[a-z-]+$/)
  .brand<'ManifestId'>();
export type ManifestId = z.infer<typeof ManifestId>;

/** A day of UTC, `2026-03-01`. */
export type UtcDay = string & { readonly __utcDay: never };

const DAY_MS = 86_400_000;

/** The day before the one that a time lies in: what a schedule that fires after midnight is about. */
export function dayBefore(time: Date): UtcDay {
  return dayOf(time.getTime() - DAY_MS);
}

/** The first moment that is not of the day any more. Times in ISO 8601 compare as texts. */
export function endOf(day: UtcDay): string {
  return new Date(Date.parse(day) + DAY_MS).toISOString();
}

export function manifestIdFor(day: UtcDay, carrier: Carrier): ManifestId {
  return ManifestId.parse(`${day}-${carrier}`);
}

function dayOf(epochMs: number): UtcDay {
  return new Date(epochMs).toISOString().slice(0, 10) as UtcDay;
}

/** The two objects of a manifest in the bucket. */
export function draftKeyOf(id: ManifestId): string {
  return `drafts/${pathOf(id)}.json`;
}
export function fileKeyOf(id: ManifestId): string {
  return `manifests/${pathOf(id)}.csv`;
}

/** The manifest that an object belongs to; `undefined` for what somebody else put there. */
export function manifestIdIn(key: string): ManifestId | undefined {
  const [, day, carrier] =
    /^(?:drafts|manifests)\/(\d{4}-\d{2}-\d{2})\/([a-z-]+)\.(?:json|csv)$/.exec(key) ?? [];
  return day === undefined ? undefined : ManifestId.parse(`${day}-${carrier}`);
}

/** `<day>/<carrier>` */
function pathOf(id: ManifestId): string {
  return `${id.slice(0, 10)}/${id.slice(11)}`;
}
