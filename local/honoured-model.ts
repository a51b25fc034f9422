import type { Assembly } from './assembly/assembly.ts';
import { describeFindings } from './assembly/findings.ts';
import type { CloudModel, EngineFacts } from './assembly/model.ts';
import { modelOf } from './assembly/model-of.ts';
import type { LocalConfig } from './config.ts';
import { LocalCloudError } from './errors.ts';

/** The model of an assembly that can be honoured. Throws `ASSEMBLY_NOT_HONOURED` with every finding otherwise. */
export function honouredModel(assembly: Assembly, config: LocalConfig, facts: EngineFacts): CloudModel {
  const environment = Object.fromEntries(
    Object.entries(config.functions).map(([name, settings]) => [name, settings.environment]),
  );
  const jwtClaims = Object.fromEntries(
    Object.entries(config.apis).map(([name, settings]) => [name, settings.jwtClaims]),
  );
  const accept = new Set(config.accept);
  const { model, findings } = modelOf(assembly, facts, { accept, environment, jwtClaims });
  if (findings.length === 0) return model;
  throw new LocalCloudError('ASSEMBLY_NOT_HONOURED', describeFindings(findings));
}
