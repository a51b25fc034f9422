import type { Violation } from '../../support/invariants.ts';
import type { Evidence } from '../evidence.ts';
import type { FaultKind } from '../faults.ts';
import { GROUPS, type Group } from '../names.ts';

/** What a record takes at most from the topic to behind the group's position, where nothing is wrong with the group. */
const UNDISTURBED_MS = 30_000;

/** Beginnings of the names of faults that a group can feel. */
const FELT: Readonly<Record<Group, readonly string[]>> = {
  'shipping-service': ['dynamodb', 'lambda', 'group', 'shipping'],
  'email-service': ['dynamodb', 'lambda', 'group', 'email', 'mail'],
};

/**
 * I10 and I13: a group that no fault has touched is never behind, whatever the other group suffers and whatever poison lies
 * among the records.
 */
export function nobodyWaitsForOthers(evidence: Evidence): Violation[] {
  const struck = new Set(evidence.history.past.flatMap((past) => (past.what === 'fault' ? [past.kind] : [])));
  const untouched = (Object.keys(GROUPS) as Group[]).filter((group) => !isFelt(group, struck));
  return untouched.flatMap((group) => lateCommits(evidence, group, struck.size === 0 ? 'I10' : 'I13'));
}

function isFelt(group: Group, struck: ReadonlySet<FaultKind>): boolean {
  return [...struck].some((kind) => FELT[group].some((part) => kind.startsWith(part)));
}

function lateCommits({ history }: Evidence, group: Group, id: 'I10' | 'I13'): Violation[] {
  const appendedAt = new Map<string, number>();
  const positions = new Map<string, number>();
  return history.past.flatMap((past): Violation[] => {
    if (past.what === 'appended') appendedAt.set(`${past.topic}-${past.partition}@${past.offset}`, past.at);
    if (past.what !== 'committed' || past.source !== group) return [];
    const from = positions.get(past.partition) ?? 0;
    positions.set(past.partition, past.position);
    const records = Array.from({ length: past.position - from }, (_, n) => `${past.partition}@${from + n}`);
    return records
      .filter((record) => past.at - (appendedAt.get(record) ?? 0) > UNDISTURBED_MS)
      .map((record) => ({ id, text: `${group} kept ${record} waiting, with nothing wrong` }));
  });
}
