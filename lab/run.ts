/** Runs experiments, one after the other, on brokers that are started once. */
import type { LogEvent } from '../local/events/event.ts';
import { type Brokers, oneBroker } from './cluster/one-broker.ts';
import type { Session } from './cluster/session.ts';
import { threeBrokers } from './cluster/three-brokers.ts';
import { LabError } from './errors.ts';
import type { Experiment, Outcome } from './experiment.ts';
import { EXPERIMENTS } from './experiments/all.ts';
import { openLab } from './lab.ts';

export interface RunOptions {
  /** As `valuesOf` made them. */
  readonly values: Readonly<Record<string, number | string>>;
  /** Hears each event as it happens. */
  readonly listener: (event: LogEvent) => void;
  /** Programs that are run instead of those of lab/clients/, by name: what a defect is made of. @default - none */
  readonly programs?: Readonly<Record<string, string>>;
}

/** Runs one experiment; its clients, topics and groups are gone afterwards, whatever came of it. */
export async function runExperiment(
  session: Session,
  experiment: Experiment,
  { values, listener, programs }: RunOptions,
): Promise<Outcome> {
  const { brokers } = await session.use<Brokers>(CLUSTERS[experiment.cluster]);
  const lab = openLab(session, brokers, listener, programs);
  const outcome = await experiment.run(lab, values).catch(async (error: unknown) => {
    // Why it failed is what counts; what can't be put away after that goes with the session.
    await lab.close().catch(() => undefined);
    throw error;
  });
  await lab.close();
  return outcome;
}

const CLUSTERS = { 'one broker': oneBroker, 'three brokers': threeBrokers } as const;

/** @throws {LabError} `EXPERIMENT_NOT_FOUND`, with the names there are */
export function experimentNamed(name: string): Experiment {
  const found = EXPERIMENTS.find((one) => one.name === name);
  if (found !== undefined) return found;
  throw new LabError('EXPERIMENT_NOT_FOUND', `There is no experiment ${name}.`, {
    remedy: [`There are: ${EXPERIMENTS.map((one) => one.name).join(', ')}.`],
  });
}

/**
 * An experiment's settings: those given as `key=value`, and the defaults.
 *
 * @throws {LabError} `SETTING_INVALID`, with the settings it has
 */
export function valuesOf(
  { name, settings }: Experiment,
  given: Readonly<Record<string, string>>,
): Readonly<Record<string, number | string>> {
  const values: Record<string, number | string> = {};
  for (const [key, setting] of Object.entries(settings)) values[key] = setting.default;
  for (const [key, text] of Object.entries(given)) {
    const setting = settings[key];
    const value = typeof setting?.default === 'number' ? Number(text) : text;
    const isNumber = typeof value === 'string' || (Number.isFinite(value) && text.trim() !== '');
    if (setting === undefined || !isNumber || setting.among?.includes(value) === false) {
      const known = Object.entries(settings).map(([each, { default: by, says }]) => `${each}=${by}: ${says}`);
      throw new LabError('SETTING_INVALID', `${name} can't be run with ${key}=${text}.`, {
        remedy: known.length === 0 ? ['It has no settings.'] : ['Its settings:', ...known],
      });
    }
    values[key] = value;
  }
  return values;
}
