import { afterEach, expect, it, vi } from 'vitest';
import { OrderlyError } from '../../../functions/errors.ts';
import { describeError, functionLogger } from '../../../functions/logger.ts';

afterEach(() => vi.restoreAllMocks());

it('writes JSON lines of the listed fields only', () => {
  const lines: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
  const smuggled = { orderId: 'ord_1', email: 'anna@example.com' };
  functionLogger('checkout').info('placed', smuggled);
  expect(JSON.parse(lines.join(''))).toMatchObject({
    service: 'checkout',
    message: 'placed',
    orderId: 'ord_1',
  });
  expect(lines.join('')).not.toContain('anna');
});

it('writes metrics in the embedded metric format by service, and what has a reason by that too', () => {
  const lines: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
  const logger = functionLogger('email');
  logger.measure({ DeadLetters: 2 }, 'invalid');
  logger.measure({ Effects: 3, OutboxAge: 1_500 });
  const [letters, effects] = lines.map((line) => JSON.parse(line));
  expect(letters).toMatchObject({ service: 'email', reason: 'invalid', DeadLetters: 2 });
  expect(letters._aws.CloudWatchMetrics[0]).toMatchObject({
    Namespace: 'orderly',
    Dimensions: [['service'], ['service', 'reason']],
    Metrics: [{ Name: 'DeadLetters', Unit: 'Count' }],
  });
  expect(effects).toMatchObject({ service: 'email', Effects: 3, OutboxAge: 1_500 });
  expect(effects._aws.CloudWatchMetrics[0]).toMatchObject({ Dimensions: [['service']] });
});

it('shows of an error its name, code, frames and cause, and only our own message', () => {
  const parse = () => JSON.parse('Anna Beispiel');
  let cause: unknown;
  try {
    parse();
  } catch (error) {
    cause = error;
  }
  const described = describeError(
    new OrderlyError('ROW_INVALID', 'a row lacks its key', { data: { seq: 1 }, cause }),
  );
  expect(described).toMatchObject({
    name: 'OrderlyError',
    code: 'ROW_INVALID',
    message: 'a row lacks its key',
    data: { seq: 1 },
    cause: { name: 'SyntaxError' },
  });
  expect(described.at?.[0]).toContain('logger.test.ts');
  expect(JSON.stringify(described)).not.toContain('Anna');
});

it('ends on an error that causes itself', () => {
  const error = new Error('round');
  error.cause = error;
  expect(JSON.stringify(describeError(error)).length).toBeLessThan(20_000);
});
