import { type Diagnosis, diagnose } from '../../engines/choose.ts';
import { bold, green, red, type Terminal, table } from '../terminal.ts';

/** `millrace doctor`: which engine can run here, and what is missing. True if any can. */
export async function doctor(options: { json: boolean }, terminal: Terminal): Promise<boolean> {
  const diagnosis = await diagnose();
  terminal.out(options.json ? JSON.stringify(diagnosis) : describeDiagnosis(diagnosis));
  return canRun(diagnosis);
}

const canRun = ({ embedded, compose }: Diagnosis): boolean =>
  embedded.canRun || compose.canRun || compose.broker === 'ours';

/** The diagnosis as a person reads it. */
export function describeDiagnosis(diagnosis: Diagnosis): string {
  const { tools, embedded, compose, cache } = diagnosis;
  const mark = (good: boolean) => (good ? green('yes') : red('no'));
  const rows = tools.map(({ name, wanted, version, usable }) => [
    name,
    wanted,
    version ?? 'not found',
    mark(usable),
  ]);
  const remedies = [...new Set([...embedded.missing, ...(compose.canRun ? [] : tools)])]
    .filter(({ usable }) => !usable)
    .map(({ remedy }) => `  ${remedy}`);
  const fetched = (there: boolean) => (there ? 'fetched' : 'to be fetched at the first start');
  const brokers = {
    ours: 'its broker runs',
    another: 'another broker has its port',
    none: 'its broker does not run',
  };
  return [
    bold('Tools'),
    table([['tool', 'wanted', 'found', 'usable'], ...rows]),
    '',
    bold('Engines'),
    `  embedded        can run: ${mark(embedded.canRun)}   Kafka ${fetched(cache.kafka)}, MiniStack ${fetched(cache.ministack)} (${cache.folder})`,
    `  docker compose  can run: ${mark(compose.canRun || compose.broker === 'ours')}   ${brokers[compose.broker]}`,
    ...(remedies.length > 0
      ? ['', bold(canRun(diagnosis) ? 'One engine is enough. For the other one' : 'Remedies'), ...remedies]
      : []),
  ].join('\n');
}
