import assert from 'node:assert/strict';
import type { MirrorListing } from './catalogue-source.js';
import { compareListings, gapsOfList } from './compare-listings.js';

const LEGACY = { kind: 'articles', wiki: 'awiki', date: '2026-10-01' } as const;
const CONTENT = { kind: 'content-current', wiki: 'awiki', date: '2026-10-01' } as const;
const part = (n: number, pages = `p${n}p${n}`) => `awiki-20261001-pages-articles${n}.xml-${pages}.bz2`;
const RECOMBINED = 'awiki-20261001-pages-articles.xml.bz2';
const range = (pages: string) => `awiki-2026-10-01-${pages}.xml.bz2`;

const has = (mirror: string, ...names: string[]): MirrorListing => ({
  mirror,
  entries: names.map((name) => ({ name, size: null, directory: false })),
  problem: null,
});

interface Case {
  readonly what: string;
  readonly run?: typeof LEGACY | typeof CONTENT;
  readonly list: readonly string[];
  readonly listings: readonly MirrorListing[];
  readonly contradictions?: readonly RegExp[];
  readonly remarks?: readonly RegExp[];
}

const CASES: readonly Case[] = [
  { what: 'equal', list: [part(1), part(2)], listings: [has('m', part(1), part(2), 'dumpstatus.json', 'index.html')] },
  {
    what: 'parts 1 and 3 of 3',
    list: [part(1), part(3)],
    listings: [has('m', part(1), part(2), part(3))],
    contradictions: [
      /^m has 1 file \("awiki-20261001-pages-articles2\.xml-p2p2\.bz2"\), which the list does not list$/,
    ],
  },
  {
    what: 'one of two ranges',
    run: CONTENT,
    list: [range('p1p9')],
    listings: [has('m', range('p1p9'), range('p10p19'), 'SHA256SUMS', '_SUCCESS')],
    contradictions: [/^m has 1 file \(.*p10p19/],
  },
  {
    what: 'a file of one large page that the list lacks',
    run: CONTENT,
    list: [range('p1p9'), range('p7r1r2')],
    listings: [has('m', range('p1p9'), range('p7r1r2'), range('p7r3r4'))],
    contradictions: [/p7r3r4/],
  },
  {
    what: 'files of other kinds, wikis, dates and forms',
    list: [part(1)],
    listings: [
      has(
        'm',
        part(1),
        part(2).replace('articles', 'meta-current'),
        part(2).replace('articles', 'articles-multistream'),
        part(2).replace('20261001', '20260901'),
        part(2).replace('awiki', 'bwiki'),
        part(2).replace('.bz2', '.7z'),
        'awiki-20261001-pages-articles\uFFFD.xml.bz2',
        'awiki-20261001-md5sums.txt',
      ),
    ],
  },
  {
    what: 'a folder with the name of a file',
    list: [part(1)],
    listings: [
      {
        mirror: 'm',
        entries: [...(has('m', part(1)).entries ?? []), { name: part(2), size: null, directory: true }],
        problem: null,
      },
    ],
  },
  { what: 'a recombined file beside the parts', list: [part(1)], listings: [has('m', part(1), RECOMBINED)] },
  {
    what: 'parts beside the recombined file of the list',
    list: [RECOMBINED],
    listings: [has('m', part(1), RECOMBINED)],
  },
  {
    what: 'a file that the folder lacks',
    list: [part(1), part(2)],
    listings: [has('m', part(1))],
    contradictions: [/^the list lists 1 file \(.*articles2.*\), which no mirror has that could be listed$/],
  },
  {
    what: 'a file that is unfinished in the folder',
    list: [part(1), part(2)],
    listings: [has('m', part(1), `${part(2)}.inprog`)],
    contradictions: [/^the list lists 1 file .*\(unfinished: ".*\.bz2\.inprog"\)$/],
  },
  ...['.inprog', '.truncated', '.empty'].map((suffix) => ({
    what: `${suffix} of pages that no file of the list holds`,
    list: [part(1), part(3)],
    listings: [has('m', part(1), part(3), part(2) + suffix)],
    contradictions: [/^m has 1 file \(.*\), unfinished, whose pages no file of the list holds$/],
  })),
  {
    what: '.inprog that an earlier attempt left',
    list: [part(1, 'p1p9'), part(2, 'p10p19')],
    listings: [
      has('m', part(1, 'p1p9'), part(2, 'p10p19'), `${part(1, 'p1p12')}.inprog`, `${part(2, 'p10p19')}.truncated`),
    ],
  },
  {
    what: 'a mirror that lags behind',
    list: [part(1), part(2), part(3)],
    listings: [has('a', part(1)), has('b', part(1), part(2), part(3))],
    remarks: [/^a lags behind: it lacks 2 files \(.*articles2.*articles3.*\) of the list$/],
  },
  {
    what: 'mirrors that disagree with each other',
    list: [part(1)],
    listings: [has('a', part(1)), has('b', part(1), part(2)), has('c', part(1), part(3))],
    contradictions: [/^b has 1 file .*articles2/, /^c has 1 file .*articles3/],
  },
  {
    what: 'no mirror that could be listed',
    list: [part(1)],
    listings: [
      { mirror: 'a', entries: null, problem: 'the connection was cut' },
      { mirror: 'b', entries: null, problem: null },
      has('c'),
    ],
    remarks: [
      /^the list was not compared with a: it could not be listed: the connection was cut$/,
      /^the list was not compared with b: it lists nothing there$/,
      /^the list was not compared with c: it lists nothing there$/,
    ],
  },
  {
    what: 'a file that the only listed mirror lacks',
    list: [part(1), part(2)],
    listings: [{ mirror: 'a', entries: null, problem: 'stalled' }, has('b', part(1))],
    remarks: [
      /^the list was not compared with a/,
      /^the list lists 1 file .*which no mirror has that could be listed$/,
    ],
  },
];

describe('compareListings', () => {
  for (const { what, run = LEGACY, list, listings, contradictions = [], remarks = [] } of CASES) {
    it(`${contradictions.length > 0 ? 'contradicts' : remarks.length > 0 ? 'remarks' : 'accepts'} ${what}`, () => {
      const found = compareListings(run, 'the list', list, listings);
      for (const [name, expected] of [
        ['contradictions', contradictions],
        ['remarks', remarks],
      ] as const) {
        assert.equal(found[name].length, expected.length, JSON.stringify(found));
        for (const [at, pattern] of expected.entries()) assert.match(found[name][at] ?? '', pattern);
      }
    });
  }

  it('bounds what it names', () => {
    const many = Array.from({ length: 50_000 }, (_, n) => part(n + 2));
    const listings = Array.from({ length: 30 }, (_, n) => has(`m${n}`, part(1), ...(n === 0 ? many : [part(2)])));
    const { contradictions, remarks } = compareListings(LEGACY, 'the list', [part(1)], listings);
    assert.match(contradictions[0] ?? '', /^m0 has 50000 files \(.* and 49995 more\)/);
    assert.deepEqual([contradictions.length, contradictions.at(-1), remarks.length], [6, 'and 25 more', 0]);
  });
});

describe('gapsOfList', () => {
  const cases: [string, typeof LEGACY | typeof CONTENT, string[], string | null][] = [
    ['no gap', LEGACY, [part(1, 'p1p9'), part(2, 'p10p19'), part(2, 'p20p29')], null],
    ['one file without numbers', LEGACY, [RECOMBINED], null],
    ['a part', LEGACY, [part(1, 'p1p9'), part(3, 'p10p19')], 'part 2'],
    ['the first part', LEGACY, [part(3, 'p10p19')], 'part 1 to 2, p1p9'],
    ['pages', LEGACY, [part(1, 'p1p9'), part(2, 'p12p19')], 'p10p11'],
    ['no gap around a large page', CONTENT, ['p3p6', 'p7r1r2', 'p7r3r4', 'p8p9'].map(range), null],
    ['no gap where a range holds the large page', CONTENT, ['p1p9', 'p7r1r2', 'p10p10'].map(range), null],
    ['a range', CONTENT, ['p1p9', 'p20p29', 'p40p49'].map(range), 'p10p19, p30p39'],
    [
      'many ranges, the largest first',
      CONTENT,
      Array.from({ length: 8 }, (_, n) => range(`p${10 ** n}p${10 ** n}`)),
      'p1000001p9999999, p100001p999999, p10001p99999, p1001p9999, p101p999 and 2 more',
    ],
  ];
  for (const [what, run, names, gaps] of cases) {
    it(`finds ${what}`, () => {
      const expected = gaps === null ? null : `the list has gaps: no file holds ${gaps}`;
      assert.equal(gapsOfList(run, 'the list', names), expected);
    });
  }
});
