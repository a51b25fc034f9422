/**
 * The simulator: the production functions and delivery rules in a world in memory, where everything fails.
 *
 *     npm run test:simulator -- --seeds 1000            a thousand worlds, from a seed of chance on
 *     npm run test:simulator -- --seeds 1000 --seed 1   the same thousand every time
 *     npm run test:simulator -- --seed 4711             one world, exactly as it was; --trace tells of it even if all is well
 *     npm run test:simulator -- --seeds 100 --worst     worlds in which everything goes wrong, as often as it may
 *     npm run test:simulator -- --defect "deletes"      worlds with a part in the wrong, until it is found out
 *
 * **What is real**: all of functions/, down to the AWS SDK's `send` and kafkajs' `send` (checkout with its store, relay and
 * sweep, the Kafka publisher, both consumers, ledger, dead letters), and the delivery rules of local/. **What is a twin**:
 * DynamoDB at the level of the SDK's commands (dynamodb/, held to two real engines by
 * test/integration/simulator/dynamodb-twin.test.ts), its stream, Kafka's brokers (kafka.ts), SES (mail-provider.ts),
 * Lambda (lambda.ts), the pollers (event-source.ts), and people: shoppers, an operator, another producer.
 *
 * **One thread, virtual time** (scheduler.ts): production code only ever awaits a twin, and a twin answers by an event of
 * one queue. So a process can be killed or frozen at any await (process.ts), and the seed decides everything: what is done
 * (scenario.ts), what goes wrong (faults.ts), who comes first.
 *
 *     seed ──> scenario ──> shopping and faults ──> faults end ──> at rest, in bounded time ──> test/checker/
 *
 * **The checker** (test/checker/) is the fault suite's too, and imports nothing of functions/. It is told of raw items, records and
 * mails as plain data, and of every step (observe.ts): of a record that a group passes at that moment, of all else at the end. What
 * only real processes can show, as the topic read again, it leaves to the fault suite. **defects/** has a part in the wrong for every
 * invariant; each has to be found out.
 *
 * A seed that fails is told with the invariants it breaks, what it takes (simulate.ts) and everything that happened.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { KNOWN_DEFECTS } from './defects/known.ts';
import { scenarioOf, worstOf } from './scenario.ts';
import { simulate, tellFailure, traceOf } from './simulate.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    seed: { type: 'string' },
    defect: { type: 'string' },
    worst: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
  },
});

const say = (text: string) => process.stdout.write(`${text}\n`);
const progress = (text: string) => process.stderr.write(`${text}\n`);

function numberIn(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  progress(`--${name} takes a number of at most nine digits`);
  process.exit(2);
}

const first = numberIn('seed', values.seed, randomInt(1, 1_000_000_000 - 1_000_000));
const count = numberIn('seeds', values.seeds, values.seed === undefined ? 200 : 1);
const known = KNOWN_DEFECTS.find(({ name }) => values.defect !== undefined && name.includes(values.defect));
if (values.defect !== undefined && known === undefined) {
  progress(`no defect has "${values.defect}" in its name; there are:`);
  for (const { name } of KNOWN_DEFECTS) progress(`  ${name}`);
  process.exit(2);
}

const flags = `${values.worst ? ' --worst' : ''}${known === undefined ? '' : ` --defect "${known.name}"`}`;
progress(`seeds ${first} to ${first + count - 1}${known === undefined ? '' : `, where ${known.name}`}`);
const startedAt = performance.now();
const failed: number[] = [];
let faults = 0;
let done = 0;
for (let seed = first; seed < first + count; seed += 1) {
  const scenario = { ...(values.worst ? worstOf : scenarioOf)(seed), ...known?.among };
  const report = await simulate(scenario, known?.defect);
  done += 1;
  faults += report.evidence.history.past.filter(({ what }) => what === 'fault').length;
  if (values.trace) for (const line of traceOf(report)) say(line);
  if (report.violations.length === 0) continue;
  failed.push(seed);
  if (failed.length === 1) {
    await tellFailure({ scenario, report }, flags, (smaller) => simulate(smaller, known?.defect), say);
  } else say(`seed ${seed}: ${report.violations.map(({ id }) => id).join(', ')}`);
  if (known !== undefined) break;
}

const seconds = (performance.now() - startedAt) / 1_000;
say(`${done} worlds with ${faults} faults in ${seconds.toFixed(1)} s: ${failed.length} failed`);
process.exitCode = failed.length === 0 ? 0 : 1;
