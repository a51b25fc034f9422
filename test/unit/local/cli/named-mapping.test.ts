import { expect, it } from 'vitest';
import type { App } from '../../../../local/cli/app.ts';
import { namedMapping } from '../../../../local/cli/named-mapping.ts';

const mapping = (UUID: string, FunctionArn: string, ConsumerGroupId?: string) => ({
  UUID,
  State: 'Enabled',
  FunctionArn,
  ...(ConsumerGroupId !== undefined && { AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId } }),
});
const mappings = [
  mapping('11-a', 'arn:email', 'email-service'),
  mapping('22-a', 'arn:shipping', 'shipping-service'),
  mapping('33-a', 'arn:relay'),
];
const app: Pick<App, 'functionLabel'> = { functionLabel: (arn) => arn.replace('arn:', 'Orders/') };

it.each([
  ['email-service', '11-a'],
  ['shipping', '22-a'],
  ['Orders/Relay', '33-a'],
  ['33', '33-a'],
])('%s means the mapping %s', (name, uuid) => {
  expect(namedMapping(app, mappings, name).UUID).toBe(uuid);
});

it('is refused where a word means none, with the names that mean one', () => {
  expect(() => namedMapping(app, mappings, 'nobody')).toThrow(
    expect.objectContaining({
      code: 'MAPPING_NOT_FOUND',
      remedy: [
        'Name one of these, by its group, function or UUID:',
        'email-service  Orders/email  11-a',
        'shipping-service  Orders/shipping  22-a',
        'Orders/relay  33-a',
      ],
    }),
  );
  expect(() => namedMapping(app, [], 'nobody')).toThrow(
    expect.objectContaining({ remedy: ['The app has none.'] }),
  );
});

it('is refused where a word means several, with the names of those', () => {
  expect(() => namedMapping(app, mappings, 'service')).toThrow(
    expect.objectContaining({
      code: 'MAPPING_AMBIGUOUS',
      remedy: [
        'Name one of these, by its group, function or UUID:',
        'email-service  Orders/email  11-a',
        'shipping-service  Orders/shipping  22-a',
      ],
    }),
  );
});
