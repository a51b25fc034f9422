import type { Experiment } from '../experiment.ts';
import { acks } from './acks.ts';
import { atLeastOnce } from './at-least-once.ts';
import { atMostOnce } from './at-most-once.ts';
import { blackFriday } from './black-friday.ts';
import { compaction } from './compaction.ts';
import { darkHour } from './dark-hour.ts';
import { dualWrite } from './dual-write.ts';
import { exactlyOnce } from './exactly-once.ts';
import { fanOut } from './fan-out.ts';
import { idempotency } from './idempotency.ts';
import { keys } from './keys.ts';
import { lagAndRetention } from './lag-and-retention.ts';
import { logNotQueue } from './log-not-queue.ts';
import { ordering } from './ordering.ts';
import { outbox } from './outbox.ts';
import { outboxDebezium } from './outbox-debezium.ts';
import { outboxDynamodb } from './outbox-dynamodb.ts';
import { poison } from './poison.ts';
import { rebalanceTwice } from './rebalance-twice.ts';
import { scaling } from './scaling.ts';

/** Every experiment, in the order in which they are best read. */
export const EXPERIMENTS: readonly Experiment[] = [
  // docs/lab/log.md
  logNotQueue,
  ordering,
  keys,
  // docs/lab/groups.md
  scaling,
  rebalanceTwice,
  fanOut,
  darkHour,
  blackFriday,
  // docs/lab/once.md
  atMostOnce,
  atLeastOnce,
  idempotency,
  exactlyOnce,
  // docs/lab/acks.md
  acks,
  // docs/lab/outbox.md
  dualWrite,
  outbox,
  outboxDebezium,
  outboxDynamodb,
  // docs/lab/trouble.md
  compaction,
  lagAndRetention,
  poison,
];
