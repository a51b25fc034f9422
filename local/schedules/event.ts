import type { ScheduleModel, ScheduleTarget } from '../resources/schedule.ts';

/** One firing of a schedule. */
export interface Firing {
  /** The time it was meant for, in epoch milliseconds. */
  readonly at: number;
  /** A UUID of its own. */
  readonly id: string;
  readonly account: string;
  readonly region: string;
}

/**
 * The JSON that a target's function gets: the target's own input, or the scheduled event.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/event-reference.html
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
 */
export function targetEvent(schedule: ScheduleModel, target: ScheduleTarget, firing: Firing): string {
  const time = new Date(firing.at).toISOString().replace(/\.\d+Z$/, 'Z');
  const isRule = schedule.kind === 'rule';
  if (target.input === undefined) {
    return JSON.stringify({
      version: '0',
      id: firing.id,
      'detail-type': 'Scheduled Event',
      source: isRule ? 'aws.events' : 'aws.scheduler',
      account: firing.account,
      time,
      region: firing.region,
      resources: [schedule.arn],
      // Seen on AWS, documented nowhere: Scheduler's own event has a text here.
      detail: isRule ? {} : '{}',
    });
  }
  if (isRule) return target.input;
  return target.input
    .replaceAll('<aws.scheduler.schedule-arn>', schedule.arn)
    .replaceAll('<aws.scheduler.scheduled-time>', time)
    .replaceAll('<aws.scheduler.execution-id>', firing.id)
    .replaceAll('<aws.scheduler.attempt-number>', '1');
}
