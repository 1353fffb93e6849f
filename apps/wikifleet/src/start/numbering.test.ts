import assert from 'node:assert/strict';
import { readDumpFileName } from './dump-file-name.js';
import { checkNumbering } from './numbering.js';

function check(...endings: string[]): { gaps: readonly string[]; overlaps: readonly string[] } {
  const files = endings.map((ending) => `twiki-20261001-pages-articles${ending}`);
  return checkNumbering(files.map((file) => ({ file, ...readDumpFileName(file) })));
}

describe('checkNumbering', () => {
  const complete: [what: string, files: readonly string[]][] = [
    ['one file', ['.xml.bz2']],
    ['parts', ['1.xml.bz2', '2.xml.bz2', '3.xml.bz2']],
    ['parts in any order', ['10.xml.bz2', ...Array.from({ length: 9 }, (_, n) => `${n + 1}.xml.bz2`)]],
    ['ranges', ['1.xml-p1p10.bz2', '2.xml-p11p20.bz2', '2.xml-p21p30.bz2']],
    ['names that say nothing', ['-sample.xml.bz2', '-other.xml.bz2']],
  ];
  for (const [what, files] of complete) {
    it(`finds nothing in ${what}`, () => assert.deepEqual(check(...files), { gaps: [], overlaps: [] }));
  }

  const gaps: [what: string, files: readonly string[], says: RegExp][] = [
    ['the first part', ['2.xml.bz2', '3.xml.bz2'], /missing: part 1 \(the last part here is 3\)/],
    ['parts between', ['1.xml.bz2', '4.xml.bz2', '6.xml.bz2'], /missing: parts 2 to 3, part 5 /],
    ['a single part', ['2.xml.bz2'], /missing: part 1 /],
    ['pages between', ['1.xml-p1p10.bz2', '1.xml-p21p30.bz2'], /missing: pages 11 to 20 /],
    ['the first pages', ['1.xml-p11p20.bz2'], /missing: pages 1 to 10 /],
  ];
  for (const [what, files, says] of gaps) {
    it(`names what is missing: ${what}`, () => {
      const { gaps: found, overlaps } = check(...files);
      assert.match(found.join('\n'), says);
      assert.deepEqual(overlaps, []);
    });
  }

  const overlaps: [what: string, files: readonly string[], says: RegExp][] = [
    [
      'ranges',
      ['1.xml-p1p10.bz2', '2.xml-p10p20.bz2'],
      /articles1\.xml-p1p10\.bz2 and .*-p10p20\.bz2 hold the same pages/,
    ],
    ['a range within another', ['1.xml-p1p100.bz2', '2.xml-p5p6.bz2', '2.xml-p90p99.bz2'], /p1p100.* and .*p90p99/],
    [
      'the recombined file',
      ['.xml.bz2', '1.xml.bz2', '2.xml.bz2'],
      /articles\.xml\.bz2 holds the pages of .*articles1/,
    ],
    ['one file in two containers', ['.xml.bz2', '.xml'], /are the same file of the dump/],
    ['a part in two containers', ['1.xml.bz2', '1.xml.gz'], /hold the same part/],
    ['a part and its ranges', ['1.xml.bz2', '1.xml-p1p10.bz2'], /hold the same part/],
  ];
  for (const [what, files, says] of overlaps) {
    it(`names files that hold the same pages: ${what}`, () => assert.match(check(...files).overlaps.join('\n'), says));
  }

  it('takes neither gaps between ranges of a content export for missing, nor its files of one page for doubled', () => {
    const files = [
      'twiki-2026-10-01-p1p10.xml.bz2',
      'twiki-2026-10-01-p5r1r9.xml.bz2',
      'twiki-2026-10-01-p12p20.xml.bz2',
    ];
    const found = checkNumbering(files.map((file) => ({ file, ...readDumpFileName(file) })));
    assert.deepEqual(found, { gaps: [], overlaps: [] });
  });
});
