import assert from 'node:assert/strict';
import { snappyUncompress } from 'hyparquet';
import { unsnappy } from './unsnappy.js';

const literal = (text: string): number[] => [4 * (text.length - 1), ...Buffer.from(text)];

describe('unsnappy', () => {
  const whole: readonly [what: string, block: readonly number[], expected: string][] = [
    ['nothing', [0], ''],
    ['a literal', [3, ...literal('abc')], 'abc'],
    ['a literal whose length is behind it', [3, 60 * 4, 2, 97, 98, 99], 'abc'],
    ['one of two bytes of length', [3, 61 * 4, 2, 0, 97, 98, 99], 'abc'],
    ['a copy with an offset of one byte', [8, ...literal('abcd'), 1, 4], 'abcdabcd'],
    ['a copy with one of two', [6, ...literal('abc'), 2 + 4 * 2, 3, 0], 'abcabc'],
    ['a copy with one of four', [6, ...literal('abc'), 3 + 4 * 2, 3, 0, 0, 0], 'abcabc'],
    ['a copy of itself', [9, ...literal('a'), 1 + 4 * 4, 1], 'aaaaaaaaa'],
  ];
  for (const [what, block, expected] of whole)
    it(`reads ${what}, as hyparquet does`, () => {
      const input = Uint8Array.from(block);
      const output = new Uint8Array(expected.length);
      if (expected.length > 0) snappyUncompress(input, output);
      assert.equal(Buffer.from(unsnappy(input, expected.length)).toString(), expected);
      assert.equal(Buffer.from(output).toString(), expected);
    });

  const broken: readonly [what: string, block: readonly number[], size: number, message: RegExp][] = [
    ['no byte', [], 3, /more than 0 bytes of snappy/],
    ['another size', [3, ...literal('abc')], 4, /expected 4 bytes behind snappy, received 3/],
    ['too few bytes', [4, ...literal('abc')], 4, /received 3/],
    ['too many', [2, ...literal('abc')], 2, /received more/],
    ['a literal that is cut', [3, 8, 97], 3, /3 bytes of a literal/],
    ['a literal of 4 GiB', [3, 63 * 4, 255, 255, 255, 255], 3, /received more/],
    ['a literal that would lead back to itself', [3, 63 * 4, 0xfa, 255, 255, 255], 3, /received more/],
    ['a copy of nothing', [6, ...literal('abc'), 2 + 4 * 2, 0, 0], 6, /a copy of bytes before, received one of 0/],
    ['a copy from before the beginning', [6, ...literal('abc'), 2 + 4 * 2, 4, 0], 6, /received one of 4 back/],
    ['a copy that goes too far', [5, ...literal('abc'), 2 + 4 * 2, 3, 0], 5, /received more/],
    ['a size without an end', [255, 255, 255, 255, 255, 255], 3, /expected 3 bytes/],
  ];
  for (const [what, block, size, message] of broken)
    it(`refuses ${what}`, () => assert.throws(() => unsnappy(Uint8Array.from(block), size), message));
});
