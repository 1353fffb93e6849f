import assert from 'node:assert/strict';
import { parseChecksumList } from './checksum-list.js';

const HEX = '0123456789abcdef'.repeat(4);
const OTHER = 'f'.repeat(64);

describe('parseChecksumList', () => {
  const refused: [string, string, RegExp][] = [
    ['a hash that is too short', `${HEX.slice(1)}  a.bz2\n`, /line 1: expected a sha256/],
    ['a hash that is no hex', `${HEX.slice(1)}g  a.bz2\n`, /line 1/],
    ['one space', `${HEX} a.bz2\n`, /line 1/],
    ['no name', `${HEX}  \n`, /line 1/],
    ['a line in between that is empty', `${HEX}  a.bz2\n\n${HEX}  b.bz2\n`, /line 2/],
    ['two empty lines at the end', `${HEX}  a.bz2\n\n`, /line 2/],
    ['a carriage return', `${HEX}  a.bz2\r\n`, /line 1/],
    ['a cut hash at the end', `${HEX}  a.bz2\n${HEX.slice(9)}`, /line 2/],
    ['a page of HTML', '<!DOCTYPE html>\n', /line 1.*<!DOCTYPE html>/],
    ['a path', `${HEX}  ../a.bz2\n`, /line 1: expected the name of a file; received "\.\.\/a\.bz2"/],
    ['an absolute path', `${HEX}  /etc/passwd\n`, /line 1/],
    ['a name of an escape', `${HEX}  a\u001b[2J.bz2\n`, /received "a\\u001b\[2J\.bz2"/],
    [
      'a name twice with two hashes',
      `${HEX}  a.bz2\n${OTHER} *a.bz2\n`,
      /line 2: expected each name once, it is in line 1/,
    ],
  ];
  for (const [what, text, message] of refused) {
    it(`refuses ${what}`, () => {
      assert.throws(() => parseChecksumList(text, 'sha256', 'w/SHA256SUMS'), { code: 'SUMS_REFUSED', message });
    });
  }

  it('bounds what it says of a line without end', () => {
    assert.throws(
      () => parseChecksumList('x'.repeat(1_000_000), 'md5', 'w/sums'),
      (error: Error) => error.message.length < 500,
    );
  });

  it('refuses more than 100,000 lines', () => {
    const text = `${HEX}  a\n`.repeat(100_001);
    assert.throws(() => parseChecksumList(text, 'sha256', 'w/SHA256SUMS'), { code: 'RUN_TOO_LARGE' });
    assert.equal(parseChecksumList(text.slice(0, -(HEX.length + 4)), 'sha256', 'w/SHA256SUMS').length, 1);
  });

  it('reads both forms, in any case, with and without a last line break', () => {
    const text = `${HEX.toUpperCase()}  a.bz2\n${OTHER} *__proto__`;
    assert.deepEqual(parseChecksumList(text, 'sha256', 'w/SHA256SUMS'), [
      { line: 1, name: 'a.bz2', checksum: { algorithm: 'sha256', value: HEX } },
      { line: 2, name: '__proto__', checksum: { algorithm: 'sha256', value: OTHER } },
    ]);
  });

  it('reads nothing in nothing', () => assert.deepEqual(parseChecksumList('', 'md5', 'w/md5sums.txt'), []));
});
