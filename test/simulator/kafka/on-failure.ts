import type { GiveUp } from '../../../local/event-sources/delivery/state.ts';
import { deadLetters } from '../../../local/event-sources/kafka/dead-letter.ts';
import type { KafkaRecord } from '../../../local/event-sources/kafka/event.ts';
import type { EventSourcePorts } from '../event-source.ts';
import type { Topic } from './topic.ts';
import { ENVELOPE } from './topic-source.ts';

/** Writes what a mapping gives up to the topic of dead letters, again until the topic has said that it has it. */
export function onFailure(
  functionName: string,
  letters: Topic,
  { clock, random, faults }: EventSourcePorts,
): (givenUp: GiveUp<KafkaRecord>, done: () => void) => void {
  let ids = 0;

  function write(key: Buffer | null, value: string, done: () => void): void {
    const append = () =>
      letters.append(
        random.int(0, letters.partitions.length - 1),
        [{ key, value: Buffer.from(value), headers: {}, timestamp: clock.now() }],
        `the mapping of ${functionName}`,
      );
    clock.after(random.int(1, 10), () => {
      if (!faults.strikes('dead letter topic failed', functionName)) {
        append();
        done();
        return;
      }
      if (random.hits(0.5)) append();
      clock.after(1_000, () => write(key, value, done));
    });
  }

  return (givenUp, done) => {
    const messages = deadLetters(
      givenUp,
      { deadLetters: random.hits(0.5) ? 'per-record' : 'per-group' },
      {
        functionArn: `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
        envelope: ENVELOPE,
        now: clock.now(),
        newId: () => `letter-${++ids}`,
      },
    );
    let left = messages.length;
    for (const { key, value } of messages) {
      write(key, value, () => {
        left -= 1;
        if (left === 0) done();
      });
    }
  };
}
