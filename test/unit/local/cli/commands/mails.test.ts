import { expect, it } from 'vitest';
import { answeringProject } from '../../../../support/answering-project.ts';

const project = (count: number) =>
  answeringProject((_dir, url) => ({
    '/_millrace/status': { engine: { awsEndpoint: url, account: '000000000000' } },
    '/_ministack/ses/messages': {
      messages: {
        '000000000000': Array.from({ length: count }, (_, n) => ({
          To: ['a@example.com'],
          Subject: `mail ${n + 1}`,
          BodyText: 'Thank you',
          Timestamp: n,
        })),
      },
    },
  }));

it.each([
  [1, /^1 mail\n/],
  [10, /^10 mails\n/],
  [12, /^The newest 10 of 12 mails; --last shows more\n/],
])('says of %i mails how many it shows', async (count, heading) => {
  const { output } = await (await project(count)).orderly('mails');
  expect(output).toMatch(heading);
  expect(output).toContain(`mail ${count}`);
  expect(output.includes('mail 1\n')).toBe(count <= 10);
});

it('says how to have one sent where there is none', async () => {
  const { output } = await (await project(0)).orderly('mails');
  expect(output).toBe(
    'No mail has been sent since the local cloud started. To begin with: npx orderly order --count 10',
  );
});
