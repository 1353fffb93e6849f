import assert from 'node:assert/strict';
import { parseRange } from './byte-range.js';

describe('byte ranges', () => {
  for (const [header, size] of [
    ['bytes=10-', 10],
    ['bytes=10-11', 10],
    ['bytes=-0', 10],
    ['bytes=0-', 0],
    ['bytes=-5', 0],
    ['bytes=99999999999999999-', 10],
  ] as const)
    it(`${header} of ${size} is InvalidRange`, () =>
      assert.throws(() => parseRange(header, size), { code: 'InvalidRange' }));

  for (const header of [undefined, '', 'bytes', 'bytes=-', 'bytes=5-2', 'bytes=a-b', 'bytes=0-1,3-4', 'lines=0-1'])
    it(`${header} is passed over`, () => assert.equal(parseRange(header, 10), undefined));

  for (const [header, start, end] of [
    ['bytes=0-0', 0, 0],
    ['bytes=3-', 3, 9],
    ['bytes=3-99', 3, 9],
    ['bytes=-4', 6, 9],
    ['bytes=-99', 0, 9],
    ['Bytes = 1 - 2 ', 1, 2],
  ] as const)
    it(`${header} of 10`, () => assert.deepEqual(parseRange(header, 10), { start, end }));
});
