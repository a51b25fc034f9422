import { z } from 'zod';
import type { Handler } from './lambda/host.ts';
import type { Group } from './names.ts';
import type { Scenario } from './scenario.ts';

const kafkaEvent = z.object({
  records: z.record(z.string(), z.array(z.object({ value: z.string().nullish() }))),
});

/**
 * A consumer whose process dies of the placements of some shoppers: `strike` is told before it handles one, and answers
 * whether it is dead already.
 */
export function dyingOf(
  deadly: Scenario['deadly'],
  group: Group,
  strike: () => boolean,
  handle: Handler,
): Handler {
  const names = deadly.flatMap((one) =>
    one.group === group ? [`"customerId":"customer-${one.shopper}"`] : [],
  );
  if (names.length === 0) return handle;
  return (event, context) => {
    const values = Object.values(kafkaEvent.parse(event).records)
      .flat()
      .map(({ value }) => Buffer.from(value ?? '', 'base64').toString());
    const isDeadly = (text: string) => text.includes('"lines":') && names.some((name) => text.includes(name));
    if (values.some(isDeadly) && strike()) return new Promise(() => undefined);
    return handle(event, context);
  };
}
