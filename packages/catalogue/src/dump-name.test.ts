import assert from 'node:assert/strict';
import { KINDS } from '@wikifleet/domain/run';
import { compareDumpNames, dateInName, dumpNameOf, isOneSplit, stemOfKind } from './dump-name.js';

describe('dumpNameOf', () => {
  const refused = [
    '',
    'enwiki-20240801-pages-articles-multistream-index1.txt-p1p41242.bz2',
    'enwiki-20240801-pages-articles-multistream-index.txt.bz2',
    'enwiki-20240801-pages-meta-history1.xml-p1p812.7z',
    'enwiki-20240801-pages-articles1.xml-p1p41242.bz2.inprog',
    'enwiki-20240801-pages-articles1.xml-p1p41242.bz2.truncated',
    'enwiki-20240801-pages-articles1.xml-p1p41242.bz2.empty',
    'enwiki-20240801-pages-articles1.xml-p41242p1.bz2',
    'enwiki-20240801-pages-articles1.xml-p1.bz2',
    'enwiki-20240801-pages-articles1.xml-p1p41242.gz',
    'enwiki-20240801-pages-articles1.xml-p1p41242.bz2\n',
    'enwiki-20240231-pages-articles.xml.bz2',
    'enwiki-latest-pages-articles.xml.bz2',
    'enwiki-20240801-pages-logging.xml.gz',
    'enwiki-20240801-stub-articles1.xml.bz2',
    'enwiki-20240801-pages-articles1.xml-p1p9999999999999999.bz2',
    '../enwiki-20240801-pages-articles.xml.bz2',
    '-20240801-pages-articles.xml.bz2',
    'simplewiki-2026-09-01-p9p1.xml.bz2',
    'simplewiki-2026-09-31-p1p9.xml.bz2',
    'simplewiki-2026-09-01-p1p9.xml',
    'simplewiki-20260901-p1p9.xml.bz2',
    `${'a'.repeat(190)}-20240801-pages-articles.xml.bz2`,
  ];
  for (const name of refused) {
    it(`reads nothing in ${JSON.stringify(name.slice(0, 80))}`, () => assert.equal(dumpNameOf(name), null));
  }

  const legacy = { wiki: 'enwiki', date: '2024-08-01', part: null, pages: null, revisions: null };
  const content = { ...legacy, date: '2026-09-01', kind: null };
  const read: [string, ReturnType<typeof dumpNameOf>][] = [
    [
      'enwiki-20240801-pages-articles-multistream1.xml-p1p41242.bz2',
      { ...legacy, kind: 'articles-multistream', part: 1, pages: { first: 1, last: 41242 } },
    ],
    ['enwiki-20240801-pages-articles-multistream.xml.bz2', { ...legacy, kind: 'articles-multistream' }],
    ['enwiki-20240801-pages-articles.xml.bz2', { ...legacy, kind: 'articles' }],
    [
      'enwiki-20240801-pages-meta-history27.xml-p000000010p000002944.bz2',
      { ...legacy, kind: 'meta-history', part: 27, pages: { first: 10, last: 2944 } },
    ],
    ['enwiki-20240801-stub-meta-current27.xml.gz', { ...legacy, kind: 'stubs-meta-current', part: 27 }],
    ['enwiki-20240801-stub-articles.xml.gz', { ...legacy, kind: 'stubs-articles' }],
    ['a-20200101-b-20240801-pages-meta-current.xml.bz2', { ...legacy, wiki: 'a-20200101-b', kind: 'meta-current' }],
    ['enwiki-2026-09-01-p10p1147431.xml.bz2', { ...content, pages: { first: 10, last: 1147431 } }],
    [
      'enwiki-2026-09-01-p5r900r7.xml.bz2',
      { ...content, pages: { first: 5, last: 5 }, revisions: { first: 900, last: 7 } },
    ],
  ];
  for (const [name, expected] of read) it(`reads ${name}`, () => assert.deepEqual(dumpNameOf(name), expected));

  it('takes no time over a hostile name', () => {
    const start = performance.now();
    for (const part of ['-20240801', 'pages-', '-p1p1', '1']) dumpNameOf(part.repeat(200).slice(0, 200));
    assert.ok(performance.now() - start < 10_000);
  });

  it('has a stem for the seven legacy kinds alone', () => {
    assert.deepEqual(
      KINDS.filter((kind) => stemOfKind(kind) === null),
      ['content-current', 'content-history'],
    );
  });
});

describe('compareDumpNames', () => {
  it('sorts by number: part, pages, revisions', () => {
    const sorted = [
      'w-20240801-pages-articles2.xml-p9p20.bz2',
      'w-20240801-pages-articles10.xml-p100p200.bz2',
      'w-20240801-pages-articles10.xml-p1000p2000.bz2',
      'w-20240801-pages-articles11.xml-p2001p2002.bz2',
    ];
    const content = [
      'w-2026-09-01-p2p30.xml.bz2',
      'w-2026-09-01-p7r2r9.xml.bz2',
      'w-2026-09-01-p7r10r11.xml.bz2',
      'w-2026-09-01-p31p100.xml.bz2',
    ];
    for (const names of [sorted, content]) {
      const shuffled = names.toSorted();
      assert.notDeepEqual(shuffled, names);
      const byName = (name: string) => dumpNameOf(name) ?? assert.fail(name);
      assert.deepEqual(
        shuffled.toSorted((a, b) => compareDumpNames(byName(a), byName(b))),
        names,
      );
    }
  });
});

describe('isOneSplit', () => {
  const table: [string, boolean][] = [
    ['enwiki-2026-09-01-p5r7r900.xml.bz2', true],
    ['p5r7r900.xml.bz2', false],
    ['enwiki-2026-09-01-p5p900.xml.bz2', false],
    ['enwiki-2026-09-01-p5r7.xml.bz2', false],
    ['enwiki-20240801-pages-articles1.xml-p5r7r9.bz2', false],
  ];
  for (const [name, expected] of table) it(`${name}: ${expected}`, () => assert.equal(isOneSplit(name), expected));
});

describe('dateInName', () => {
  const table: [string, string | null][] = [
    ['', null],
    ['page_sample.xml', null],
    ['enwiki-latest-pages-articles1.xml-p000000010p000030302.bz2', null],
    ['enwiki-20240231-pages-articles.xml.bz2', null],
    ['enwiki-120240801-pages.xml', null],
    ['enwiki-202408011-pages.xml', null],
    ['enwiki20240801.xml', null],
    ['a-2024-0801.xml', null],
    ['a-202408-01.xml', null],
    ['a-10000101.xml', null],
    ['enwiki-20240801-pages-articles.xml.bz2', '2024-08-01'],
    ['20240801', '2024-08-01'],
    ['dump_20240801.xml', '2024-08-01'],
    ['simplewiki-2026-09-01-p1p9.xml.bz2', '2026-09-01'],
    ['a-20249901-20240801.xml', '2024-08-01'],
    ['a.2024-02-30.2024-02-29.xml', '2024-02-29'],
  ];
  for (const [name, expected] of table) {
    it(`${JSON.stringify(name)}: ${expected}`, () => assert.equal(dateInName(name), expected));
  }
});
