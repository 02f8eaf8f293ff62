import { expect, it } from 'vitest';
import { decodeCbor, encodeCbor } from '../../../src/sandbox/aws/wire/cbor.ts';

// https://www.rfc-editor.org/rfc/rfc8949.html#name-examples-of-encoded-cbor-da
it.each([
  ['00', 0],
  ['17', 23],
  ['1818', 24],
  ['1903e8', 1000],
  ['1b000000e8d4a51000', 1_000_000_000_000],
  ['3863', -100],
  ['fb3ff199999999999a', 1.1],
  ['f4', false],
  ['f6', null],
  ['6161', 'a'],
  ['62c3bc', 'ü'],
  ['8301820203820405', [1, [2, 3], [4, 5]]],
  ['a26161016162820203', { a: 1, b: [2, 3] }],
  ['c1fb41d452d9ec200000', new Date('2013-03-21T20:04:00.500Z')],
])('%s is %j', (hex, value) => {
  expect(encodeCbor(value).toString('hex')).toBe(hex);
  expect(decodeCbor(Buffer.from(hex, 'hex'))).toEqual(value);
});

it.each([
  ['bf61610161629f0203ffff', { a: 1, b: [2, 3] }],
  ['fa47c35000', 100_000],
  ['c11a514b67b0', new Date('2013-03-21T20:04:00.000Z')],
])('reads %s, which others may write', (hex, value) => {
  expect(decodeCbor(Buffer.from(hex, 'hex'))).toEqual(value);
});

it('keeps bytes, and leaves out what is undefined', () => {
  const bytes = Buffer.from([1, 2, 3]);

  expect(decodeCbor(encodeCbor({ bytes, nothing: undefined }))).toEqual({ bytes });
});
