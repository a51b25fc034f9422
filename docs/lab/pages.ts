/**
 * The pages of this folder, as the experiments have their texts. What was seen is of the last run that `npm run docs:lab` has written
 * into them, and is taken from there.
 */
import type { Defect } from '../../lab/defects/all.ts';
import type { Experiment } from '../../lab/experiment.ts';

type Page = Experiment['page'];

/** What stands above the experiments of a page, in reading order. */
const PAGES: Readonly<Record<Page, { readonly title: string; readonly opening: string }>> = {
  log: {
    title: 'A log, not a queue',
    opening: 'What is written stays, in the order of its partition. Who reads is a matter of its own.',
  },
  groups: {
    title: 'Who reads what: consumer groups',
    opening:
      'Members of one group share the partitions, and each group has offsets of its own. What follows from that when members come, go, die or are slow.',
  },
  once: {
    title: 'How often: at most, at least, exactly',
    opening:
      'A consumer works and commits, and can die between the two. What is lost or done twice, and what makes it once.',
  },
  acks: {
    title: 'When is it written: acknowledgements',
    opening: 'Three brokers, one of which dies. Which records are still there, and what it costs to be sure.',
  },
  outbox: {
    title: 'A database and a log: the outbox',
    opening:
      'An order is saved and its event is published, which are two writes. What is lost between them, and how an outbox makes one write of them.',
  },
  trouble: {
    title: 'Trouble: poison, lag, compaction',
    opening:
      'Records that can never be handled, records that are read too late, and logs that keep the newest alone.',
  },
};

/** The pages that experiments are on, in reading order. */
export function pagesOf(experiments: readonly Experiment[]): readonly Page[] {
  // The keys of PAGES are what its type says: all pages.
  return (Object.keys(PAGES) as Page[]).filter((page) => experiments.some((one) => one.page === page));
}

/** A page of docs/lab/; `seen` has what each experiment printed up to its counts, by name. */
export function renderPage(
  page: Page,
  experiments: readonly Experiment[],
  defects: readonly Defect[],
  seen: ReadonlyMap<string, string>,
): string {
  const { title, opening } = PAGES[page];
  const pages = pagesOf(experiments);
  const next = pages[pages.indexOf(page) + 1];
  return `${[
    `# ${title}`,
    opening,
    'Written by `npm run docs:lab`: the output and the pictures are of one run; yours will have other times, and the same checks.',
    ...experiments
      .filter((one) => one.page === page)
      .flatMap((one) =>
        renderExperiment(
          one,
          defects.filter(({ experiment }) => experiment === one.name),
          seen,
        ),
      ),
    next === undefined
      ? '[All experiments](../lab.md)'
      : `[All experiments](../lab.md) · next: [${PAGES[next].title}](${next}.md)`,
  ].join('\n\n')}\n`;
}

function renderExperiment(
  { name, question, guess, checks, takeAway, why, settings, inProduction }: Experiment,
  defects: readonly Defect[],
  seen: ReadonlyMap<string, string>,
): string[] {
  const output = seen.get(name);
  return [
    `## ${name}`,
    `**${question}** Guess first: ${guess.ask}`,
    ...(output === undefined
      ? []
      : [
          `\`\`\`\n$ npx orderly lab run ${name}\n${output}\n\`\`\``,
          `![${name}: a band for each partition, time to the right](${name}.svg)`,
        ]),
    `What has to be so:\n\n${list(checks.map(({ says }) => says))}`,
    `**${takeAway}**`,
    why,
    ...breaking(name, settings, defects),
    inProduction.length === 0
      ? []
      : `In the order system:\n\n${list(inProduction.map(({ path, says }) => `[${path}](../../${path}): ${says}`))}`,
  ].flat();
}

/** Its settings, and the defects that are made of them alone. */
function breaking(name: string, settings: Experiment['settings'], defects: readonly Defect[]): string[] {
  const rows = Object.entries(settings).map(
    ([setting, { default: value, says }]) => `| \`--set ${setting}=${value}\` | ${says} |`,
  );
  const tries = defects.flatMap(({ settings: set, programs, wrong, breaks }) =>
    set === undefined || programs !== undefined
      ? []
      : [
          `\`npx orderly lab run ${name} ${options(set)}\`: ${wrong} No longer so: ${breaks.map((says) => `“${says}”`).join(', ')}.`,
        ],
  );
  return [
    ...(rows.length === 0 ? [] : [`| setting | |\n| --- | --- |\n${rows.join('\n')}`]),
    ...(tries.length === 0 ? [] : [`Break it:\n\n${list(tries)}`]),
  ];
}

const list = (items: readonly string[]) => items.map((item) => `- ${item}`).join('\n');

const options = (set: Readonly<Record<string, string>>) =>
  Object.entries(set)
    .map(([name, value]) => `--set ${name}=${value}`)
    .join(' ');

/** What a page says was seen, by the experiment's name. */
export function seenOn(markdown: string): ReadonlyMap<string, string> {
  const blocks = markdown.matchAll(/^```\n\$ npx orderly lab run (\S+)\n(.*?)\n```$/gms);
  return new Map([...blocks].map(([, name = '', text = '']) => [name, text]));
}

const TABLE = /(<!-- experiments -->).*?(<!-- end of experiments -->)/s;

/** docs/lab.md with the table of all experiments. */
export function renderEntrance(markdown: string, experiments: readonly Experiment[]): string {
  const rows = pagesOf(experiments).flatMap((page) => {
    const ofPage = experiments.filter((one) => one.page === page);
    return ofPage.map(
      ({ name, question }, at) =>
        `| ${at === 0 ? `[${PAGES[page].title}](lab/${page}.md)` : ''} | [${name}](lab/${page}.md#${name}) | ${question} |`,
    );
  });
  const table = ['| page | experiment | question |', '| --- | --- | --- |', ...rows].join('\n');
  return markdown.replace(TABLE, `$1\n\n${table}\n\n$2`);
}
