import { describe, expect, test } from 'vitest';
import { recordFilter } from '../../../../../local/event-sources/dynamodb-stream/event.ts';

const record = {
  eventName: 'INSERT',
  dynamodb: {
    NewImage: {
      status: { S: 'open' },
      tags: { SS: ['a', 'b'] },
      paid: { BOOL: false },
      note: { NULL: true },
    },
  },
};

describe('passes', () => {
  test.each([
    ['without patterns', []],
    ['a value that is in the list', [{ eventName: ['MODIFY', 'INSERT'] }]],
    [
      'all fields of one pattern',
      [{ eventName: ['INSERT'], dynamodb: { NewImage: { status: { S: ['open'] } } } }],
    ],
    ['any of several patterns', [{ eventName: ['REMOVE'] }, { eventName: ['INSERT'] }]],
    ['one element of a list', [{ dynamodb: { NewImage: { tags: { SS: ['b'] } } } }]],
    ['a boolean', [{ dynamodb: { NewImage: { paid: { BOOL: [false] } } } }]],
    ['a pattern without fields', [{}]],
  ])('%s', (_name, patterns) => expect(recordFilter(patterns)(record)).toBe(true));
});

describe('holds back', () => {
  test.each([
    ['another value', [{ eventName: ['REMOVE'] }]],
    [
      'when one field of the pattern differs',
      [{ eventName: ['INSERT'], dynamodb: { NewImage: { status: { S: ['shut'] } } } }],
    ],
    ['a field that is not there', [{ dynamodb: { OldImage: { status: { S: ['open'] } } } }]],
    ['a value of another type', [{ dynamodb: { NewImage: { paid: { BOOL: ['false'] } } } }]],
    ['a name every object has', [{ constructor: { name: ['Object'] } }]],
  ])('%s', (_name, patterns) => expect(recordFilter(patterns)(record)).toBe(false));
});
