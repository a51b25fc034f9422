import { describe, expect, it } from 'vitest';
import { secondMails } from '../../../faults/checker/mails.ts';
import { type Fault, GIVEN_UP, type Mail } from '../../../faults/checker/observation.ts';

const first: Mail = {
  eventId: 'ord_1.1',
  kind: 'thank-you',
  to: 'canary@example.com',
  at: 1_000,
  pid: 1,
  isAnswered: true,
};
const second: Mail = { ...first, at: 2_000, pid: 2 };
const fault: Fault = {
  at: 1_500,
  kind: 'killed before',
  where: 'email',
  pids: [1],
  isDeath: true,
  operation: 'BatchGetItem',
  events: [],
};
const unwritten: Fault = { ...fault, isDeath: false, operation: 'BatchWriteItem', events: ['ord_1.1'] };
const givenUp: Fault = {
  ...unwritten,
  kind: GIVEN_UP,
  operation: 'POST /v2/email/outbound-emails',
};

function excuse(mails: readonly Mail[], faults: readonly Fault[] = [], markedAt?: number) {
  const marks = markedAt === undefined ? [] : [{ eventId: 'ord_1.1', pid: 1, at: markedAt }];
  return secondMails(mails, { faults, marks }).map((each) => each.excuse);
}

describe('secondMails', () => {
  it('finds none where each event has one', () => {
    expect(excuse([first, { ...second, eventId: 'ord_2.1' }], [fault])).toEqual([]);
  });

  it.each<[string, Mail, readonly Fault[]]>([
    ['lost answer', { ...first, isAnswered: false }, []],
    ['lost answer', first, [givenUp]],
    ['crash', first, [fault]],
    ['no mark', first, [unwritten]],
  ])('%s: explains a second mail, unless the first was marked before it', (why, mail, faults) => {
    expect(excuse([mail, second], faults)).toEqual([why]);
    expect(excuse([mail, second], faults, 1_900)).toEqual([undefined]);
    expect(excuse([mail, second], faults, 2_100)).toEqual([why]);
  });

  it.each<[string, readonly Fault[]]>([
    ['of nothing', []],
    ['of another process', [{ ...fault, pids: [2] }]],
    ['that came after the second mail', [{ ...fault, at: 2_500 }]],
    ['that let the process live', [{ ...fault, isDeath: false }]],
    ['in the sending of another mail', [{ ...givenUp, events: ['ord_2.1'] }]],
    ['that gave up something else', [{ ...givenUp, operation: 'BatchGetItem' }]],
    ['in the mark of another mail', [{ ...unwritten, events: ['ord_2.1'] }]],
  ])('takes no fault %s for an explanation', (_what, faults) => {
    expect(excuse([first, second], faults)).toEqual([undefined]);
  });

  it('wants an explanation for each mail that follows another', () => {
    const third = { ...second, at: 3_000, pid: 3 };
    expect(excuse([third, { ...first, isAnswered: false }, second])).toEqual(['lost answer', undefined]);
  });
});
