import { expect, test } from 'vitest';
import { isLocalRequest } from '../../../../local/gateway/loopback.ts';

test.each([
  ['localhost:8080', undefined],
  ['LOCALHOST', undefined],
  ['127.0.0.1:8080', undefined],
  ['[::1]:8080', undefined],
  ['localhost:8080', 'http://localhost:3000'],
  ['127.0.0.1:8080', 'http://127.0.0.1:8080'],
])('host %s with origin %s is local', (host, origin) => {
  expect(isLocalRequest(host, origin)).toBe(true);
});

test.each([
  [undefined, undefined],
  ['', undefined],
  ['shop.example.com', undefined],
  ['127.0.0.1.example.com:8080', undefined],
  ['localhost.example.com', undefined],
  ['localhost@shop.example.com', undefined],
  ['not a host', undefined],
  ['localhost:8080', 'https://shop.example.com'],
  ['localhost:8080', 'http://localhost.example.com'],
  ['localhost:8080', 'null'],
])('host %s with origin %s is not', (host, origin) => {
  expect(isLocalRequest(host, origin)).toBe(false);
});
