import { z } from 'zod';
import type { AwsRequest, Fate } from '../../../cli/faults/aws-proxy.ts';

/** Batches that are not done, or not all of them, as DynamoDB answers them with status 200. */
const Write = z.object({ RequestItems: z.record(z.string(), z.array(z.unknown())) });
const Read = z.object({ RequestItems: z.record(z.string(), z.looseObject({ Keys: z.array(z.unknown()) })) });
const Statements = z.looseObject({ Statements: z.array(z.unknown()) });
const Answer = z.looseObject({});
const StatementsAnswer = z.looseObject({ Responses: z.array(z.looseObject({})) });

const half = <T>(items: readonly T[]): readonly [readonly T[], readonly T[]] => {
  const middle = Math.floor(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
};

/** Nothing of a BatchGetItem or BatchWriteItem is done. */
export function unprocessed({ operation, body }: AwsRequest): Fate {
  const { RequestItems }: { RequestItems?: unknown } = JSON.parse(body);
  const detail =
    operation === 'BatchGetItem'
      ? { Responses: {}, UnprocessedKeys: RequestItems }
      : { UnprocessedItems: RequestItems };
  return { kind: 'answer', status: 200, type: '', detail };
}

/** The second half of a BatchGetItem or BatchWriteItem is not done; of one item, all of it. */
export function halfUnprocessed(request: AwsRequest): Fate {
  const { operation, body } = request;
  if (operation === 'BatchGetItem') {
    const asked = Read.parse(JSON.parse(body)).RequestItems;
    const halves = Object.entries(asked).map(([table, read]) => {
      const [done, left] = half(read.Keys);
      return { done: [table, { ...read, Keys: done }], left: [table, { ...read, Keys: left }] } as const;
    });
    if (halves.some(({ done: [, { Keys }] }) => Keys.length === 0)) return unprocessed(request);
    return partly(halves, 'UnprocessedKeys');
  }
  const asked = Write.parse(JSON.parse(body)).RequestItems;
  const halves = Object.entries(asked).map(([table, items]) => {
    const [done, left] = half(items);
    return { done: [table, done], left: [table, left] } as const;
  });
  if (halves.some(({ done: [, items] }) => items.length === 0)) return unprocessed(request);
  return partly(halves, 'UnprocessedItems');
}

function partly(
  halves: readonly { readonly done: readonly [string, unknown]; readonly left: readonly [string, unknown] }[],
  unprocessedName: string,
): Fate {
  const left = Object.fromEntries(halves.map((each) => each.left));
  return {
    kind: 'partly',
    ask: JSON.stringify({ RequestItems: Object.fromEntries(halves.map(({ done }) => done)) }),
    tell: (answer) => JSON.stringify({ ...Answer.parse(JSON.parse(answer)), [unprocessedName]: left }),
  };
}

/**
 * Some statements of a BatchExecuteStatement fail by themselves, throttled or by the service; they were not carried out,
 * or all of them were.
 */
export function failedStatements({ body }: AwsRequest, wereDone: boolean, fails: () => boolean): Fate {
  const { Statements: asked, ...others } = Statements.parse(JSON.parse(body));
  const failed = asked.map(fails);
  const ask = { ...others, Statements: wereDone ? asked : asked.filter((_, index) => !failed[index]) };
  const error = {
    Error: { Code: wereDone ? 'InternalServerError' : 'ThrottlingError', Message: 'injected' },
  };
  if (ask.Statements.length === 0) {
    return { kind: 'answer', status: 200, type: '', detail: { Responses: asked.map(() => error) } };
  }
  return {
    kind: 'partly',
    ask: JSON.stringify(ask),
    tell(answer) {
      const told = StatementsAnswer.safeParse(JSON.parse(answer));
      // The endpoint refuses the whole batch: that is its own answer.
      if (!told.success) return answer;
      const answers = [...told.data.Responses];
      const Responses = wereDone
        ? answers.map((each, index) => (failed[index] ? error : each))
        : failed.map((isFailed) => (isFailed ? error : answers.shift()));
      return JSON.stringify({ ...told.data, Responses });
    },
  };
}
