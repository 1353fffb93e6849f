import assert from 'node:assert/strict';
import { compareKeys, isFileKey } from './object-key.js';

describe('object keys', () => {
  const NO_FILES = [
    '',
    '/',
    '/a',
    'a/',
    'a//b',
    '.',
    '..',
    '../a',
    'a/../b',
    'a/..',
    './a',
    'a\0b',
    '.wikifleet',
    '.wikifleet/meta/x',
    '.WikiFleet/x',
    `a/${'x'.repeat(256)}`,
    `a/${'ü'.repeat(128)}`,
    'a/'.repeat(600),
  ];
  for (const key of NO_FILES)
    it(`${JSON.stringify(key.slice(0, 30))} is no file`, () => assert.equal(isFileKey(key), false));

  for (const key of ['a', 'a/b', '...', 'a/.wikifleet/b', '.wikifleet2/x', 'ü'.repeat(127), 'a b/c+d=e&f', '-'])
    it(`${JSON.stringify(key.slice(0, 30))} is one`, () => assert.equal(isFileKey(key), true));

  it('compares as the bytes of UTF-8 do', () => {
    const keys = [
      '',
      'a',
      'a-b',
      'a/b',
      'a0',
      'b',
      '\u007f',
      'é',
      '\ud7ff',
      '\ue000',
      '\uffff',
      '\u{10000}',
      '😀',
      '😀a',
    ];
    for (const a of keys)
      for (const b of keys)
        assert.equal(
          Math.sign(compareKeys(a, b)),
          Buffer.compare(Buffer.from(a), Buffer.from(b)),
          JSON.stringify([a, b]),
        );
  });
});
