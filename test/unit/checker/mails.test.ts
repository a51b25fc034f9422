import { describe, expect, it } from 'vitest';
import { check } from '../../checker/check.ts';
import { secondMails } from '../../checker/mails.ts';
import type { Failure, Mail, State, Stop } from '../../checker/observation.ts';
import { idOf, soundObservation } from './sound-observation.ts';

const first: Mail = {
  eventId: 'ord_1.1',
  kind: 'thank-you',
  to: 'canary@example.com',
  at: 1_000,
  process: '1',
  isAnswered: true,
  isLate: false,
  isReplayed: false,
};
const second: Mail = { ...first, at: 2_000, process: '2' };
const death: Stop = { process: '1', from: 1_500, to: undefined };
const frozen: Stop = { process: '1', from: 900, to: 1_900 };
const unwritten: Failure = { of: 'write', at: 1_500, process: '1', events: ['ord_1.1'] };
const givenUp: Failure = { ...unwritten, of: 'send' };

interface OnRecord {
  readonly stops?: readonly Stop[];
  readonly failures?: readonly Failure[];
  readonly markedAt?: number;
}

function excuse(mails: readonly Mail[], { stops = [], failures = [], markedAt }: OnRecord = {}) {
  const marks = markedAt === undefined ? [] : [{ eventId: 'ord_1.1', process: '1', at: markedAt }];
  return secondMails(mails, { stops, failures, marks }).map((each) => each.excuse);
}

describe('secondMails', () => {
  it('finds none where each event has one', () => {
    expect(excuse([first, { ...second, eventId: 'ord_2.1' }], { stops: [death] })).toEqual([]);
  });

  it.each<[string, Mail, OnRecord]>([
    ['lost answer', { ...first, isAnswered: false }, {}],
    ['lost answer', first, { failures: [givenUp] }],
    ['crash', first, { stops: [death] }],
    ['crash', first, { stops: [frozen] }],
    ['no mark', first, { failures: [unwritten] }],
  ])('%s: explains a second mail, unless the first was marked before it', (why, mail, record) => {
    expect(excuse([mail, second], record)).toEqual([why]);
    expect(excuse([mail, second], { ...record, markedAt: 1_900 })).toEqual([undefined]);
    expect(excuse([mail, second], { ...record, markedAt: 2_100 })).toEqual([why]);
  });

  it('explains a second mail by what its own sender could not know, marked or not', () => {
    const stops = [{ ...frozen, process: '2' }];
    expect(excuse([first, second], { stops, markedAt: 1_900 })).toEqual(['stood still']);
    expect(excuse([first, { ...second, isLate: true }], { markedAt: 1_900 })).toEqual(['late']);
  });

  it.each<[string, OnRecord]>([
    ['nothing', {}],
    ['the death of another process', { stops: [{ ...death, process: '2' }] }],
    ['a death after the second mail', { stops: [{ ...death, from: 2_500 }] }],
    ['a stop that was over before the first mail', { stops: [{ ...frozen, to: 950 }] }],
    ['an answer that was lost to another mail', { failures: [{ ...givenUp, events: ['ord_2.1'] }] }],
    ['a claim that could not be written', { failures: [{ ...unwritten, at: 900 }] }],
    ['the mark of another mail', { failures: [{ ...unwritten, events: ['ord_2.1'] }] }],
    ['the mark of another process', { failures: [{ ...unwritten, process: '2' }] }],
  ])('takes %s for no explanation', (_what, record) => {
    expect(excuse([first, second], record)).toEqual([undefined]);
  });

  it('wants an explanation for each mail that follows another', () => {
    const third = { ...second, at: 3_000, process: '3' };
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
  const isAllowed = (end: State) =>
    check({ ...sound, end }).violations.every(({ text }) => !text.includes('suppressed'));
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
