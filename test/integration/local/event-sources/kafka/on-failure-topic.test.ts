import { expect, onTestFinished, test } from 'vitest';
import { onFailureTopic } from '../../../../../local/event-sources/kafka/giving-up.ts';
import { kafkaClient } from '../../../../../local/kafka/client.ts';

const letter = { key: null, value: '{}', slices: [] };

function away() {
  const kafka = kafkaClient({ bootstrapServers: '127.0.0.1:1', clientId: 'test' });
  const topic = onFailureTopic(kafka, 'dead-letters');
  onTestFinished(() => topic.close());
  return topic;
}

test('while the broker is away a letter is neither written nor refused, until nobody wants it any more', async () => {
  let asked = 0;
  const isWanted = () => {
    asked += 1;
    return asked < 3;
  };
  expect(await away().write(letter, isWanted)).toEqual({ kind: 'abandoned' });
  expect(asked).toBe(3);
});

test('closing ends the trying', async () => {
  const topic = away();
  const writing = topic.write(letter, () => true);
  await topic.close();
  expect(await writing).toEqual({ kind: 'abandoned' });
});
