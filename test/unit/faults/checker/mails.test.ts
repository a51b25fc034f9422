import { describe, expect, it } from 'vitest';
import { mailsFollowEvents, secondMails } from '../../../faults/checker/mails.ts';
import { type Fault, GIVEN_UP, type Mail, type State } from '../../../faults/checker/observation.ts';
import { idOf, soundObservation } from './sound-observation.ts';

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

describe('a thank-you that was suppressed', () => {
  const sound = soundObservation();
  const [placed] = sound.end.topic.filter(({ partition, offset }) => partition === 1 && offset === 0);
  if (placed === undefined) throw new Error('the second order has no placement');
  const suppressed: State = {
    ...sound.end,
    mails: sound.end.mails.filter(({ eventId }) => !eventId.startsWith(idOf(2))),
    suppressed: [idOf(2)],
  };
  const isAllowed = (end: State) => mailsFollowEvents({ ...sound, end }).length === 0;
  const lost = { consumer: 'email-service', partition: 1, offset: 0, message: { partition: 0, offset: 0 } };
  const elsewhere = { ...lost, consumer: 'shipping-service' };

  it('is due to a placement that was given up, also if a copy of it came later', () => {
    expect(isAllowed({ ...suppressed, givenUp: [lost] })).toBe(true);
    const copy = { ...placed, offset: 9 };
    expect(isAllowed({ ...suppressed, givenUp: [lost], topic: [...suppressed.topic, copy] })).toBe(true);
  });

  it('is wrong if no copy of it was given up, or a mail went out', () => {
    expect(isAllowed(suppressed)).toBe(false);
    expect(isAllowed({ ...suppressed, givenUp: [elsewhere] })).toBe(false);
    expect(isAllowed({ ...suppressed, givenUp: [lost], mails: sound.end.mails })).toBe(false);
  });
});
