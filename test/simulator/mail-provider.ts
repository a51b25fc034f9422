import {
  AccountSuspendedException,
  BadRequestException,
  LimitExceededException,
  MailFromDomainNotVerifiedException,
  MessageRejected,
  NotFoundException,
  SESv2Client,
  SendEmailCommand,
  SendingPausedException,
  TooManyRequestsException,
} from '@aws-sdk/client-sesv2';
import type { Mail } from '../checker/observation.ts';
import { kindOfMail } from '../checker/rows.ts';
import type { Chance } from '../support/chance.ts';
import { cutAnswer, named, timeout } from './dynamodb/errors.ts';
import type { Faults } from './faults.ts';
import type { Process } from './process.ts';
import type { Scheduler } from './scheduler.ts';

export interface MailPorts {
  readonly process: Process;
  readonly clock: Scheduler;
  readonly random: Chance;
  readonly faults: Faults;
  /** A request is under way; `isAnswered`: the sender hears of it. */
  readonly tried: (eventId: string, isAnswered: boolean) => void;
  /** A mail is out. */
  readonly out: (mail: Omit<Mail, 'isReplayed'>) => void;
}

/** Recipients that the provider never takes a mail for. */
export const REFUSED_RECIPIENT = /^refused-/;

/** As functions/email/ses.ts sets up the SDK: one attempt. */
const TIMEOUT_MS = 5_000;
const LATE_MS = 60_000;
/** How long an answer of some dozen bytes takes, a byte a second. */
const TRICKLED_MS = 60_000;

/** The SDK's client of a mail provider that is slow, away, refuses, or takes a mail and doesn't say so. */
export function mailClient(ports: MailPorts): SESv2Client {
  const send = (command: object) => {
    if (command instanceof SendEmailCommand) return sendMail(ports, command);
    throw new TypeError('the mail provider knows no other command');
  };
  return Object.create(SESv2Client.prototype, { send: { value: send } });
}

/** What SES says where the account is at fault. */
const ACCOUNT_FAULTS = (to: string): readonly [Error, ...Error[]] => {
  const said = (message: string) => ({ message, $metadata: { httpStatusCode: 400 } });
  return [
    new MessageRejected(
      said(
        `Email address is not verified. The following identities failed the check in region US-EAST-1: ${to}`,
      ),
    ),
    new MessageRejected(
      said('Sending paused for this account. For more information, please check the inbox'),
    ),
    new SendingPausedException(said('x')),
    new AccountSuspendedException(said('x')),
    new LimitExceededException(said('Daily message quota exceeded.')),
    new MailFromDomainNotVerifiedException(said('x')),
    new NotFoundException(said('Configuration set <x> does not exist.')),
  ];
};

type Fate =
  | 'refused'
  | 'account refuses'
  | 'throttled'
  | 'unreachable'
  | 'request lost'
  | 'answer lost'
  | 'answer stalled'
  | 'answer trickled'
  | 'answer cut'
  | 'request late'
  | 'sent';

function fateOf(faults: Faults, to: string, where: string): Fate {
  if (REFUSED_RECIPIENT.test(to)) return 'refused';
  const fates = [
    'account refuses',
    'throttled',
    'unreachable',
    'request lost',
    'answer lost',
    'answer stalled',
    'answer trickled',
    'answer cut',
    'request late',
  ] as const;
  return fates.find((fate) => faults.strikes(`mail ${fate}`, where)) ?? 'sent';
}

function sendMail(
  { process, clock, random, faults, tried, out }: MailPorts,
  { input }: SendEmailCommand,
): Promise<object> {
  const eventId = input.Content?.Simple?.Headers?.[0]?.Value ?? '';
  const to = input.Destination?.ToAddresses?.[0] ?? '';
  const kind = kindOfMail(input.Content?.Simple?.Subject?.Data ?? '');
  const where = `${process.name} mail for ${eventId}`;
  const fate = fateOf(faults, to, where);
  const isAnswered = !fate.startsWith('answer ') && !fate.startsWith('request ');
  tried(eventId, isAnswered);
  return new Promise((resolve, reject) => {
    const latency = random.int(20, 200);
    const isLate = fate === 'request late';
    const goesOut = () =>
      out({ at: clock.now(), eventId, to, kind, process: process.name, isAnswered, isLate });
    const fails = (ms: number, error: Error) => process.after(ms, () => reject(error));
    switch (fate) {
      case 'refused':
        fails(latency, new BadRequestException({ message: 'Illegal address', $metadata: {} }));
        break;
      case 'account refuses':
        fails(latency, random.pick(ACCOUNT_FAULTS(to)));
        break;
      case 'throttled':
        fails(latency, new TooManyRequestsException({ message: 'Maximum rate exceeded', $metadata: {} }));
        break;
      case 'unreachable':
        fails(latency, named('Error', 'connect ECONNREFUSED', 'ECONNREFUSED'));
        break;
      case 'request lost':
        fails(TIMEOUT_MS, timeout());
        break;
      case 'answer lost':
        clock.after(latency, goesOut);
        fails(TIMEOUT_MS, timeout());
        break;
      case 'answer stalled':
        clock.after(latency, goesOut);
        break;
      case 'answer trickled':
        clock.after(latency, goesOut);
        process.after(TRICKLED_MS, () => resolve({ $metadata: {} }));
        break;
      case 'answer cut':
        clock.after(latency, goesOut);
        fails(latency, cutAnswer(random));
        break;
      case 'request late':
        clock.after(random.int(TIMEOUT_MS, LATE_MS), goesOut);
        fails(TIMEOUT_MS, timeout());
        break;
      case 'sent': {
        const slow = faults.strikes('mail slow', where) ? random.int(500, TIMEOUT_MS - 500) : 0;
        clock.after(latency + slow, () => {
          goesOut();
          process.after(random.int(5, 50), () => resolve({ $metadata: {} }));
        });
        break;
      }
    }
  });
}
