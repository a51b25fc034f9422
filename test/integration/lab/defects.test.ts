import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSession, type Session } from '../../../lab/cluster/session.ts';
import { DEFECTS } from '../../../lab/defects/all.ts';
import { experimentNamed, runExperiment, valuesOf } from '../../../lab/run.ts';

const programsFolder = new URL('../../../lab/defects/programs/', import.meta.url);

describe('the lab notices', { timeout: 300_000 }, () => {
  let folder: string;
  let session: Session;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'orderly-lab-defects-'));
    session = await openSession(folder, () => undefined);
  });
  afterAll(async () => {
    await session.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(DEFECTS.map((defect) => [defect.experiment, defect.wrong, defect] as const))(
    'in %s: %s',
    async (name, _, defect) => {
      const experiment = experimentNamed(name);
      const programs = Object.entries(defect.programs ?? {}).map(([program, file]) => [
        program,
        fileURLToPath(new URL(file, programsFolder)),
      ]);
      const { seen, checks } = await runExperiment(session, experiment, {
        values: valuesOf(experiment, defect.settings ?? {}),
        programs: Object.fromEntries(programs),
        listener: () => undefined,
      });
      const failed = checks.filter(({ held }) => !held).map(({ says }) => says);
      expect(failed.toSorted(), JSON.stringify(seen)).toEqual(defect.breaks.toSorted());
    },
  );
});
