import { expect, it } from 'vitest';
import { describeDiagnosis } from '../../../../../local/cli/commands/doctor.ts';
import type { Diagnosis } from '../../../../../local/engines/choose.ts';

const tool = (name: Diagnosis['tools'][number]['name'], version: string | undefined) => ({
  name,
  wanted: 'any version',
  version,
  usable: version !== undefined,
  remedy: `Install ${name}.`,
});
const java = tool('java', undefined);
const docker = tool('docker compose', undefined);
const diagnosis = (missing: Diagnosis['tools']): Diagnosis => ({
  tools: [...missing, docker],
  embedded: { canRun: missing.length === 0, missing },
  compose: { canRun: false, broker: 'none' },
  cache: { folder: '/cache', kafka: true, ministack: true },
});

it('has remedies where no engine can run', () => {
  expect(describeDiagnosis(diagnosis([java]))).toMatch(
    /\nRemedies\n {2}Install java\.\n {2}Install docker compose\.$/,
  );
});

it('says that one engine is enough where one can run', () => {
  expect(describeDiagnosis(diagnosis([]))).toMatch(
    /\nOne engine is enough\. For the other one\n {2}Install docker compose\.$/,
  );
});
