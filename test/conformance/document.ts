import type { Basis, Chapter, Rule } from './rule.ts';

const MEANING: Readonly<Record<Basis, string>> = {
  documented: 'an AWS page says so',
  modelled: 'read from an API model or from shipped code of AWS’s',
  seen: 'reported by somebody who saw it on AWS, where no page says so or one says otherwise',
  inferred: 'our conclusion; AWS may differ',
};

/** docs/emulation.md: the rules that the local event source mappings are held to, each with its source and its test. */
export function emulationDocument(chapters: readonly Chapter[]): string {
  const rules = chapters.flatMap((chapter) => chapter.rules);
  return [
    '# What the local cloud promises of an event source mapping',
    '',
    'Generated from `test/conformance/` by `npm run docs:emulation`; every rule has a test of its id against a real broker.',
    'Nobody has compared this suite with an AWS account yet: where a rule is not *documented*, don’t build on it without looking.',
    '',
    ...Object.entries(MEANING).map(
      ([basis, meaning]) => `- **${basis}** (${countOf(rules, basis)}): ${meaning}`,
    ),
    '',
    ...chapters.flatMap(({ title, rules }) => [
      `## ${title}`,
      '',
      '| rule | | known from |',
      '| --- | --- | --- |',
      ...rules.map(row),
      '',
    ]),
  ].join('\n');
}

function row({ id, says, here, basis, source }: Rule): string {
  const statement = here === undefined ? says : `${says}<br>*Here:* ${here}`;
  const link = source.startsWith('https://') ? `[${basis}](${source})` : `${basis}: ${source}`;
  return `| ${id} | ${statement.replaceAll('|', '\\|')} | ${link} |`;
}

function countOf(rules: readonly Rule[], basis: string): number {
  return rules.filter((rule) => rule.basis === basis).length;
}
