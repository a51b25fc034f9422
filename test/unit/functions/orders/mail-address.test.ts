import { describe, expect, it } from 'vitest';
import { isMailAddress } from '../../../../functions/orders/mail-address.ts';

const label = (length: number) => 'd'.repeat(length);
/** 63 + 1 + 63 + 1 + 63 = 191 characters. */
const domainOf191 = [label(63), label(63), label(63)].join('.');

describe('a mail address', () => {
  it.each([
    'anna@example.com',
    'a@b.co',
    'anna.maria+shop@mail.example.co.uk',
    "o'brien@example.com",
    'r&d@example.com',
    'a/b=c!d#e~f@example.com',
    '$%*?^_`{|}-@example.com',
    '-@example.com',
    'user--name@example.com',
    '1@2.com',
    'anna@xn--mller-kva.de',
    'anna@example.xn--p1ai',
    'anna@a--b.example',
    'Anna@EXAMPLE.COM',
    `${'l'.repeat(64)}@example.com`,
    `a@${label(63)}.com`,
    `${'l'.repeat(62)}@${domainOf191}`,
  ])('is %s', (text) => {
    expect(isMailAddress(text)).toBe(true);
  });

  it.each([
    ['nothing', ''],
    ['no at sign', 'anna'],
    ['no local part', '@example.com'],
    ['no domain', 'anna@'],
    ['two at signs', 'anna@example.com@example.com'],
    ['a dot at the start', '.anna@example.com'],
    ['a dot at the end', 'anna.@example.com'],
    ['two dots', 'anna..maria@example.com'],
    ['a space', 'anna maria@example.com'],
    ['a line break', 'anna@example.com\r\nBcc: x@example.com'],
    ['two addresses', 'anna@example.com,bob@example.com'],
    ['a name', 'Anna <anna@example.com>'],
    ['a comment', 'anna(home)@example.com'],
    ['a backslash', 'an\\na@example.com'],
    ['quotes', '"anna maria"@example.com'],
    ['a local part of 65', `${'l'.repeat(65)}@example.com`],
    ['255 characters', `${'l'.repeat(63)}@${domainOf191}`],
    ['a label of 64', `a@${label(64)}.com`],
    ['a label of none', 'a@b..com'],
    ['a dot behind it', 'a@b.com.'],
    ['one label', 'a@localhost'],
    ['a hyphen that begins a label', 'a@-b.com'],
    ['a hyphen that ends a label', 'a@b-.com'],
    ['an underscore in its domain', 'a@b_c.com'],
    ['an address of the network', 'a@127.0.0.1'],
    ['an address literal', 'a@[127.0.0.1]'],
    ['letters that SES does not take', 'jörg@example.com'],
    ['a domain that is not in Punycode', 'a@müller.de'],
    ['a full-width at sign', 'anna\uff20example.com'],
  ])('is none with %s', (_, text) => {
    expect(isMailAddress(text)).toBe(false);
  });
});
