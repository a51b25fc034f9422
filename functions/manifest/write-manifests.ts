import { OrderlyError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { CARRIERS } from '../shipping/carrier.ts';
import { csvOf } from './csv.ts';
import { endOf, type ManifestFiles, type ManifestId, manifestIdFor, type UtcDay } from './files.ts';
import type { ManifestShipments } from './shipments.ts';

export interface ManifestPorts {
  readonly shipments: ManifestShipments;
  readonly files: ManifestFiles;
  readonly logger: Logger;
}

/**
 * Writes a day's manifests, one a carrier, and those of earlier days that were begun and not finished.
 *
 * A manifest goes through three steps. Each leaves something that stays as it is, so whoever comes again, or comes at the
 * same time, arrives at the same file:
 *
 *     draft    who may be on it: a file with order ids. The first one stands.
 *     assign   who is on it: `manifestId` in the shipment, by conditional write, for good.
 *     write    the file, from the shipments of the draft that carry the id.
 *
 *     killed │ before the draft   after it        while assigning     before the file
 *     left   │ nothing            a draft         a draft, some ids   a draft, all ids
 *     again  │ everything         assign, write   the rest, write     write
 *
 * The draft is there because the index that names waiting shipments is eventually consistent: it can't tell who *is* on a
 * manifest. The draft can, since nobody gets the id who isn't in it, and what it names is read by key, consistently. A
 * shipment that the index doesn't name yet is in tomorrow's draft; one that it names in two drafts goes to one of them.
 *
 * A carrier for which nothing waits gets no file. A file that is there is not written again.
 *
 * @returns the manifests that it has written
 * @throws {OrderlyError} `MANIFESTS_INCOMPLETE` at the end, if one could not be finished; the others are
 */
export async function writeManifests(day: UtcDay, ports: ManifestPorts): Promise<readonly ManifestId[]> {
  const { drafts, manifests } = await ports.files.list();
  const begun = [...drafts].filter((manifestId) => !manifests.has(manifestId)).sort();
  // The earlier ones first, so that what they take isn't drafted again.
  const earlier = await finishEach(begun, ports);
  const { drafted, undrafted } = await draftDay(day, new Set([...drafts, ...manifests]), ports);
  const written = [...earlier, ...(await finishEach(drafted, ports))];
  const failed = begun.length + drafted.length + undrafted - written.length;
  if (failed > 0) {
    throw new OrderlyError('MANIFESTS_INCOMPLETE', 'manifests could not be drafted or finished', {
      retriable: true,
      data: { failed },
    });
  }
  return written;
}

/** Drafts the day's manifests that are not known yet, each even if an earlier one failed; tells which, and how many failed. */
async function draftDay(
  day: UtcDay,
  known: ReadonlySet<ManifestId>,
  { shipments, files, logger }: ManifestPorts,
): Promise<{ readonly drafted: readonly ManifestId[]; readonly undrafted: number }> {
  const drafted: ManifestId[] = [];
  let undrafted = 0;
  for (const carrier of CARRIERS) {
    const manifestId = manifestIdFor(day, carrier);
    if (known.has(manifestId)) continue;
    try {
      const orderIds = await shipments.awaiting(carrier, endOf(day));
      if (orderIds.length === 0) continue;
      await files.createDraft(manifestId, orderIds);
      drafted.push(manifestId);
    } catch (error) {
      undrafted++;
      logger.error('manifest not drafted', { manifestId }, error);
    }
  }
  return { drafted, undrafted };
}

/** Finishes manifests one after the other, each even if an earlier one failed, and tells which are finished. */
async function finishEach(
  manifestIds: readonly ManifestId[],
  ports: ManifestPorts,
): Promise<readonly ManifestId[]> {
  const finished: ManifestId[] = [];
  for (const manifestId of manifestIds) {
    try {
      await finish(manifestId, ports);
      finished.push(manifestId);
    } catch (error) {
      ports.logger.error('manifest not finished', { manifestId }, error);
    }
  }
  return finished;
}

async function finish(manifestId: ManifestId, { shipments, files, logger }: ManifestPorts): Promise<void> {
  // Not what was drafted a moment ago: another run may have been first.
  const orderIds = await files.readDraft(manifestId);
  await shipments.assign(manifestId, orderIds);
  const rows = await shipments.onManifest(manifestId, orderIds);
  await files.writeManifest(manifestId, csvOf(manifestId, rows));
  logger.info('manifest written', { manifestId, shipments: rows.length });
}
