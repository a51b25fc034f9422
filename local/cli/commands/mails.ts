import { toRun } from '../../command-line.ts';
import { sentMails } from '../mailbox.ts';
import { runningCloud } from '../running-cloud.ts';
import { bold, printable, type Terminal, table } from '../terminal.ts';

export interface MailsOptions {
  /** A command that may make the app send a mail. */
  readonly toTry?: string | undefined;
  readonly last: number;
  readonly json: boolean;
}

/** `millrace mails`: the newest mails the system has sent, with the text of the last one. */
export async function mails(projectDir: string, options: MailsOptions, terminal: Terminal): Promise<void> {
  const { engine } = (await runningCloud(projectDir)).status;
  const sent = await sentMails(engine.awsEndpoint, engine.account);
  const newest = sent.slice(-options.last);
  if (options.json) {
    terminal.out(JSON.stringify(newest));
    return;
  }
  const last = newest.at(-1);
  if (last === undefined) {
    const hint = options.toTry === undefined ? '' : ` To begin with: ${toRun(options.toTry)}`;
    terminal.out(`No mail has been sent since the local cloud started.${hint}`);
    return;
  }
  const rows = newest.map((mail) => [printable(mail.To.join(', ')), printable(mail.Subject)]);
  terminal.out(`${bold(describeNumber(newest.length, sent.length))}\n${table([['to', 'subject'], ...rows])}`);
  const text = (last.BodyText ?? '').split('\n').map(printable).join('\n');
  terminal.out(`\n${bold('The last one')}\n\n${text}`);
}

function describeNumber(shown: number, sent: number): string {
  if (shown < sent) return `The newest ${shown} of ${sent} mails; --last shows more`;
  return sent === 1 ? '1 mail' : `${sent} mails`;
}
