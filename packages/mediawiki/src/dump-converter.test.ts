import assert from 'node:assert/strict';
import fc from 'fast-check';
import { codeOf } from '@wikifleet/domain/errors';
import { DumpConverter } from './dump-converter.js';
import { MAX_PAGE_HEAD_BYTES } from './dump-splitter.js';
import { MAX_HEAD_BYTES } from './dump-start.js';
import { convert } from './testing/test-tools.js';

const revision = (id: number, body = `text ${id}`): string =>
  `<revision><id>${id}</id><timestamp>2001-01-15T13:15:00Z</timestamp><text>${body}</text></revision>`;
const head = (id: number): string => `<page><title>T${id}</title><ns>0</ns><id>${id}</id>`;
const page = (id: number, ...revisions: string[]): string => `${head(id)}${revisions.join('')}</page>`;
const HEADER = '<mediawiki version="0.11"><siteinfo><dbname>aawiki</dbname></siteinfo>';
const END = '</mediawiki>\n';

/** Records as `code revision`. */
const codes = (records: readonly { code: string; revision_id: number | null }[]): string[] =>
  records.map((record) => `${record.code} ${record.revision_id}`);
const ids = (lines: readonly string[]): number[] =>
  lines.map((line) => (JSON.parse(line) as { revision_id: number }).revision_id);

/** Whole files that are refused: what is thrown, and the rows before. */
const REFUSED: readonly [why: string, dump: string | Buffer, code: string, rows?: number][] = [
  ['an empty file', '', 'NOT_A_DUMP'],
  ['blanks', ' \n', 'NOT_A_DUMP'],
  ['a web page', '<html><body>404</body></html>', 'NOT_A_DUMP'],
  ['a bare end tag', END, 'NOT_A_DUMP'],
  ['a web page with a document type', '<!DOCTYPE html><html></html>', 'DOCTYPE_REFUSED'],
  ['a second end of a page', `${HEADER}${page(1, revision(1))}</page>${END}`, 'BYTES_OUTSIDE_PAGES', 1],
  ['a page after the end', `${HEADER}${page(1, revision(1))}${END}${page(2)}`, 'BYTES_OUTSIDE_PAGES', 1],
  ['a second end', `${HEADER}${END}${END}`, 'BYTES_OUTSIDE_PAGES'],
  ['a second dump', `${HEADER}${page(1, revision(1))}${END}${HEADER}${END}`, 'BYTES_OUTSIDE_PAGES', 1],
  ['half a tag at the end', `${HEADER}${page(1, revision(1))}</mediawi`, 'BYTES_OUTSIDE_PAGES', 1],
  [
    'a head that is too long',
    `<mediawiki><siteinfo>${' '.repeat(MAX_HEAD_BYTES)}</siteinfo>${page(1)}`,
    'HEAD_TOO_LARGE',
  ],
  ['a start tag without an end', `<mediawiki ${'x'.repeat(3 * MAX_HEAD_BYTES)}`, 'HEAD_TOO_LARGE'],
  ['much without a root or a page', 'x'.repeat(3 * MAX_HEAD_BYTES), 'HEAD_TOO_LARGE'],
  ['a root with a prefix', HEADER.replace('<mediawiki', '<ns0:mediawiki') + page(1, revision(1)), 'NAMESPACE_PREFIX'],
  ['log items', `${HEADER}<logitem><id>1</id></logitem>${END}`, 'LOG_DUMP'],
  [
    'a root that is not well-formed',
    `${HEADER.replace('version=', '')}${page(1, revision(1))}${END}`,
    'HEAD_MALFORMED',
    1,
  ],
  ['another element', `<mediawiki>\n\t<something>\n</mediawiki>`, 'BYTES_OUTSIDE_PAGES'],
  ['tags in capitals', `${HEADER}${page(1, revision(1)).toUpperCase()}${END}`, 'BYTES_OUTSIDE_PAGES'],
  ['UTF-16 without a mark', Buffer.from(`${HEADER}${END}`, 'utf16le'), 'ENCODING_REFUSED'],
  ['UTF-32', Buffer.from('fffe00003c000000', 'hex'), 'ENCODING_REFUSED'],
  ['a lone surrogate in UTF-16', Buffer.from(`\ufeff${HEADER}\ud800${END}`, 'utf16le'), 'ENCODING_REFUSED'],
  ['half a code unit in UTF-16', Buffer.from(`\ufeff${HEADER}${END}`, 'utf16le').subarray(0, -1), 'ENCODING_REFUSED'],
];

interface Outcome {
  readonly rows?: number[];
  readonly codes?: string[];
  readonly pages?: number;
  readonly partial?: number;
  readonly empty?: number;
  /** The code of what fails the file; none by default. */
  readonly error?: string;
}

/** Files with bytes outside of pages: the byte that is named, and the rows before and behind it. */
const OUTSIDE: readonly [what: string, dump: string, byte: string, rows: number[]][] = [
  ['behind the head', `${HEADER}xxx</revision></page>${page(2, revision(2))}${END}`, 'xxx', [2]],
  ['an element behind the head', `${HEADER}<pages>${page(1, revision(1))}${END}`, '<pages>', [1]],
  ['between pages', `${HEADER}${page(1, revision(1))}x${page(2, revision(2))}${END}`, 'x<page', [1, 2]],
  [
    'an end of a page too many',
    `${HEADER}${page(1, revision(1))}</page>${page(2, revision(2))}${END}`,
    '</page><page>',
    [1, 2],
  ],
  [
    'CDATA between pages',
    `${HEADER}${page(1, revision(1))}<![CDATA[ <page> ]]>${page(2, revision(2))}${END}`,
    '<![',
    [1, 2],
  ],
  [
    'a malformed comment',
    `${HEADER}${page(1, revision(1))}<!-- a -- b -->${page(2, revision(2))}${END}`,
    '<!--',
    [1, 2],
  ],
  ['a comment without an end', `${HEADER}${page(1, revision(1))}<!-- ${page(2, revision(2))}${END}`, '<!--', [1]],
  ['a declaration between pages', `${HEADER}${page(1, revision(1))}<?xml version="1.0"?>${END}`, '<?xml', [1]],
  [
    'a revision between pages',
    `${HEADER}${page(1, revision(1))}${revision(5)}${page(2, revision(2))}${END}`,
    '<revision><id>5',
    [1, 2],
  ],
  ['behind the last page', `${HEADER}${page(1, revision(1))}<a/>${END}`, '<a/>', [1]],
  ['behind the root', `${HEADER}${page(1, revision(1))}${END}<!-- c --><a/>${page(2, revision(2))}`, '<a/>', [1]],
];

/** Files that end within a section: how it begins, what it is called, its end, the code and the rows. */
const UNTERMINATED: readonly [
  what: string,
  dump: string,
  begin: string,
  named: RegExp,
  code: string,
  rows: number[],
][] = [
  ...(
    [
      ['<!-- ', 'the end --> of the comment'],
      ['<?pi ', 'the end \\?> of the processing instruction'],
    ] as const
  ).flatMap(([begin, named]): (typeof UNTERMINATED)[number][] => [
    [
      `${begin} behind the head`,
      `${HEADER}${begin}${page(1, revision(1))}${END}`,
      begin,
      new RegExp(named),
      'BYTES_OUTSIDE_PAGES',
      [],
    ],
    [
      `${begin} between pages`,
      `${HEADER}${page(1, revision(1))}${begin}${page(2, revision(2))}${END}`,
      begin,
      new RegExp(named),
      'BYTES_OUTSIDE_PAGES',
      [1],
    ],
    [
      `${begin} behind the root`,
      `${HEADER}${page(1, revision(1))}${END}${begin}`,
      begin,
      new RegExp(named),
      'BYTES_OUTSIDE_PAGES',
      [1],
    ],
  ]),
  ...(
    [
      ['<!-- ', 'a comment without an end .*the end --> of the comment'],
      ['<?pi ', 'a processing instruction without an end .*the end \\?>'],
      ['<![CDATA[', 'a CDATA section without an end .*the end ]]>'],
    ] as const
  ).flatMap(([begin, named]): (typeof UNTERMINATED)[number][] => [
    [
      `${begin} in a text`,
      `${HEADER}${page(1, revision(1))}${page(2, revision(2, begin), revision(3))}${page(4, revision(4))}${END}`,
      begin,
      new RegExp(named),
      'SECTION_UNTERMINATED',
      [1],
    ],
    [
      `${begin} in a page's head`,
      `${HEADER}${page(1, revision(1))}<page>${begin}${page(2, revision(2))}${END}`,
      begin,
      new RegExp(named),
      'SECTION_UNTERMINATED',
      [1],
    ],
    [
      `${begin} behind a revision`,
      `${HEADER}${page(1, revision(1), begin)}${page(2, revision(2))}${END}`,
      begin,
      new RegExp(named),
      'SECTION_UNTERMINATED',
      [1],
    ],
    [
      `${begin} in an upload`,
      `${HEADER}${page(1, revision(1), `<upload><x>${begin}</x></upload>`)}${END}`,
      begin,
      new RegExp(named),
      'SECTION_UNTERMINATED',
      [1],
    ],
  ]),
];

/** Well-formed files, and the rows of each. */
const WELL_FORMED: readonly [what: string, dump: string, rows: number[]][] = [
  [
    'comments outside of pages',
    `${HEADER}<!-- <page> -->${page(1, revision(1))}<!----><!-- </mediawiki> -->\n${page(2, revision(2))}<!-- - -->${END}<!-- <page> -->`,
    [1, 2],
  ],
  [
    'long comments outside of pages',
    `${HEADER}<!--${'<page> '.repeat(2e5)}-->${page(1, revision(1))}<!--${'x'.repeat(2e6)}-->${END}`,
    [1],
  ],
  [
    'processing instructions outside of pages',
    `<?a?>${HEADER}<?b <page>?>${page(1, revision(1))}<?c > </mediawiki>?>${page(2, revision(2))}${END}<?d?>\n`,
    [1, 2],
  ],
  [
    'blanks in tags',
    `${HEADER}${page(1, revision(1)).replaceAll('page>', 'page\n >').replaceAll('</revision>', '</revision\t>')}${page(2, revision(2))}</mediawiki\n>`,
    [1, 2],
  ],
  [
    'many blanks in tags',
    `${HEADER}${page(1, revision(1)).replaceAll('page>', `page${' '.repeat(5000)}>`)}${page(2, revision(2))}</mediawiki${' '.repeat(5000)}>`,
    [1, 2],
  ],
  [
    'pages with attributes',
    `${HEADER}${page(1, revision(1)).replace('<page', '<page xml:id="a>b"')}${page(2, revision(2)).replace('<page', "<page\na='\"/>'")}${END}`,
    [1, 2],
  ],
  [
    'tags in CDATA',
    `${HEADER}${page(1, revision(1, `<![CDATA[${page(9, revision(9))}</mediawiki>]]>`), revision(2))}${page(3, revision(3))}${END}`,
    [1, 2, 3],
  ],
  [
    'end tags in CDATA',
    `${HEADER}${page(1, revision(1, '<![CDATA[</revision></page>]]>'), revision(2, 'x<![CDATA[]]]]><![CDATA[></page>]]>'))}${END}`,
    [1, 2],
  ],
  [
    'a comment with a revision',
    `${HEADER}${page(1, revision(1), `<!-- ${revision(2)} -->`, revision(3))}${END}`,
    [1, 3],
  ],
  [
    'a comment with a page in a page',
    `${HEADER}${page(1, `<!-- </page>${page(7, revision(7))} -->`, revision(1))}${END}`,
    [1],
  ],
  [
    'processing instructions in a page',
    `${HEADER}${page(1, '<?a </page> ?>', revision(1, 'x<?b </revision>?>y'), '<?c?>', revision(2))}${END}`,
    [1, 2],
  ],
  [
    'an upload',
    `${HEADER}${page(1, '<upload><a/></upload>', revision(1), '<upload/>', revision(2), '<upload ></upload\n>')}${END}`,
    [1, 2],
  ],
];

/** Dumps that are converted around what is broken: rows by revision id, records, counts. */
const BROKEN: readonly [what: string, dump: string, outcome: Outcome][] = [
  ['no header', `${page(1, revision(1))}${END}`, { rows: [1] }],
  ['no end', `${HEADER}${page(1, revision(1))}\n`, { rows: [1] }],
  ['no page', `${HEADER}${END}`, { pages: 0 }],
  ['a page without a revision', `${HEADER}${page(1)}${page(2, revision(2))}${END}`, { rows: [2], pages: 2, empty: 1 }],
  [
    'a bad number',
    page(1, revision(1), revision(2).replace('<text>', '<parentid>x</parentid><text>'), revision(3)),
    { rows: [1, 3], codes: ['NOT_AN_INTEGER 2'], partial: 1 },
  ],
  [
    '16 digits',
    page(1, revision(1).replace('<text', '<parentid>1000000000000000</parentid><text')),
    { codes: ['NOT_AN_INTEGER 1'], partial: 1 },
  ],
  [
    'a leading zero',
    page(1, revision(1).replace('<text', '<origin>01</origin><text')),
    { codes: ['NOT_AN_INTEGER 1'], partial: 1 },
  ],
  ['a plus', page(1, revision(1).replace('<text', '<text bytes="+1"')), { codes: ['NOT_AN_INTEGER 1'], partial: 1 }],
  ['no revision id', page(1, revision(1).replace('<id>1</id>', '')), { codes: ['MISSING_ELEMENT null'], partial: 1 }],
  [
    'an empty revision id',
    page(1, revision(1).replace('<id>1</id>', '<id/>')),
    { codes: ['MISSING_ELEMENT null'], partial: 1 },
  ],
  [
    'no timestamp',
    page(1, revision(1).replace(/<timestamp>.*<.timestamp>/, '')),
    { codes: ['MISSING_ELEMENT 1'], partial: 1 },
  ],
  [
    'no title',
    page(1, revision(1)).replace('<title>T1</title>', ''),
    { codes: ['MISSING_ELEMENT null', 'PAGE_HEAD_BROKEN 1'], partial: 1 },
  ],
  ...['', ' \n', ' _ '].map((title): [string, string, Outcome] => [
    `an empty title: ${JSON.stringify(title)}`,
    page(1, revision(1)).replace('T1', title) + page(2, revision(2)),
    { rows: [2], pages: 2, codes: ['MISSING_ELEMENT null', 'PAGE_HEAD_BROKEN 1'], partial: 1 },
  ]),
  ['a redirect behind the revision', page(1, revision(1), '<redirect title="B"/>'), { rows: [1] }],
  [
    'timestamps that are none',
    page(1, ...['infinity', '', ' 2020-13-45 '].map((text, i) => revision(i + 1).replace(/2001-[^<]*/, text))),
    { rows: [1, 2, 3] },
  ],
  [
    'no page id, and no revision',
    page(1).replace('<id>1</id>', ''),
    { codes: ['MISSING_ELEMENT null'], partial: 1, empty: 1 },
  ],
  [
    'a title after the first revision',
    `<page><id>1</id>${revision(1)}<title>T</title>${revision(2)}</page>${page(3, revision(3))}`,
    { rows: [3], pages: 2, codes: ['MISSING_ELEMENT null', 'PAGE_HEAD_BROKEN 1', 'PAGE_HEAD_BROKEN 2'], partial: 1 },
  ],
  [
    'a page id that is none',
    page(1, revision(1)).replace('<id>1</id>', '<id>one</id>'),
    { codes: ['NOT_AN_INTEGER null', 'PAGE_HEAD_BROKEN 1'], partial: 1 },
  ],
  [
    'a head that is no XML',
    page(1, revision(1)).replace('</title>', ''),
    { codes: ['NOT_WELL_FORMED null', 'PAGE_HEAD_BROKEN 1'], partial: 1 },
  ],
  [
    'a long title',
    page(1, revision(1)).replace('T1', 'x'.repeat(2049)),
    { codes: ['TITLE_TOO_LONG null', 'PAGE_HEAD_BROKEN 1'], partial: 1 },
  ],
  [
    'a slot without a role',
    page(1, revision(1).replace('</rev', '<content/></rev')),
    { codes: ['ROLE_REFUSED 1'], partial: 1 },
  ],
  [
    'a second main slot',
    page(1, revision(1).replace('</rev', '<content><role>main</role></content></rev')),
    { codes: ['ROLE_REFUSED 1'], partial: 1 },
  ],
  [
    'a role twice',
    page(1, revision(1).replace('</rev', '<content><role>a</role></content><content><role>a</role></content></rev')),
    { codes: ['ROLE_REFUSED 1'], partial: 1 },
  ],
  [
    'a role that is none',
    page(1, revision(1).replace('</rev', '<content><role>__proto__</role></content></rev')),
    { codes: ['ROLE_REFUSED 1'], partial: 1 },
  ],
  [
    'tags that do not match',
    page(1, revision(1), revision(2).replace('</text>', '</txet>'), revision(3)),
    { rows: [1, 3], codes: ['NOT_WELL_FORMED 2'], partial: 1 },
  ],
  [
    'a document type in a page',
    page(1, revision(1), revision(2, '<!DOCTYPE a>')),
    { rows: [1], codes: ['DOCTYPE_REFUSED 2'], partial: 1 },
  ],
  [
    'an entity that nobody declared',
    page(1, revision(1, '&lol9;'), revision(2)),
    { rows: [2], codes: ['ENTITY_REFUSED 1'], partial: 1 },
  ],
  [
    'a revision that is empty',
    page(1, '<revision/>', revision(2)),
    { rows: [2], codes: ['MISSING_ELEMENT null'], partial: 1 },
  ],
  [
    'a revision without an end',
    page(1, revision(1).replace('</revision>', ''), revision(2)),
    { rows: [2], codes: ['NOT_WELL_FORMED 1'], partial: 1 },
  ],
  ['another element that begins so', page(1, '<revisions/>', revision(2)), { rows: [2] }],
  [
    'an end of a revision too many',
    page(1, revision(1), '</revision>', revision(2)),
    { rows: [1, 2], codes: ['NOT_WELL_FORMED null'], partial: 1 },
  ],
  ['an empty page', '<page/>', { codes: ['MISSING_ELEMENT null'], partial: 1, empty: 1 }],
  [
    'a page tag that is not well-formed',
    `${page(1, revision(1)).replace('<page>', '<page a=b>')}${page(2, revision(2))}`,
    { rows: [2], pages: 2, codes: ['NOT_WELL_FORMED null', 'PAGE_HEAD_BROKEN 1'], partial: 1 },
  ],
  [
    'a malformed comment in a revision',
    page(1, revision(1, '<!-- -- -->'), revision(2)),
    { rows: [2], codes: ['NOT_WELL_FORMED 1'], partial: 1 },
  ],
  [
    'CDATA without an end',
    `${page(1, revision(1))}${page(2, revision(2, '<![CDATA['), revision(3))}${page(4, revision(4))}`,
    { rows: [1], pages: 2, codes: ['NOT_WELL_FORMED 2'], partial: 1, error: 'SECTION_UNTERMINATED' },
  ],
  [
    'a page cut by the next',
    `${head(1)}${revision(1)}${page(2, revision(2))}`,
    { rows: [1, 2], pages: 2, codes: ['PAGE_CUT null'], partial: 1 },
  ],
  [
    'a page cut by the end tag',
    `${HEADER}${head(1)}${revision(1)}${END}`,
    { rows: [1], codes: ['PAGE_CUT null'], partial: 1 },
  ],
  ['a page cut by the end', `${head(1)}${revision(1)}\n`, { rows: [1], codes: ['PAGE_CUT null'], partial: 1 }],
  [
    'a page cut in a revision',
    `${page(1, revision(1))}${head(2)}${revision(2)}${revision(3).slice(0, -20)}`,
    { rows: [1, 2], pages: 2, codes: ['NOT_WELL_FORMED 3'], partial: 1 },
  ],
  [
    'a page cut in its head',
    `${page(1, revision(1))}<page><title>T`,
    { rows: [1], pages: 2, codes: ['NOT_WELL_FORMED null'], partial: 1, empty: 1 },
  ],
  [
    'a page cut in its tag',
    `${page(1, revision(1))}${head(2)}</pag`,
    { rows: [1], pages: 2, codes: ['NOT_WELL_FORMED null'], partial: 1, empty: 1 },
  ],
  [
    'two breaks in one page',
    `${head(1)}${revision(1, '&x;')}${revision(2)}${page(3, revision(3))}`,
    { rows: [2, 3], pages: 2, codes: ['ENTITY_REFUSED 1', 'PAGE_CUT null'], partial: 1 },
  ],
  [
    'a head that is too long',
    `<page>${' '.repeat(MAX_PAGE_HEAD_BYTES)}${revision(1)}</page>${page(2, revision(2))}`,
    { rows: [2], pages: 2, codes: ['PAGE_HEAD_TOO_LARGE null', 'PAGE_HEAD_BROKEN 1'], partial: 1 },
  ],
  [
    'too much between revisions',
    page(1, revision(1), '<a/>'.repeat(300_000), revision(2)),
    { rows: [1, 2], codes: ['PAGE_MATTER_TOO_LARGE null'], partial: 1 },
  ],
];

describe('DumpConverter', () => {
  for (const [why, dump, code, rows = 0] of REFUSED) {
    it(`refuses ${why}, after the rows before`, () => {
      for (const cuts of [[], [1, 2, 3, 5, 60, 77]]) {
        const got = convert(
          dump,
          {},
          cuts.filter((cut) => cut < dump.length),
        );
        assert.deepEqual([got.error, got.lines.length], [code, rows]);
      }
    });
  }

  for (const [what, dump, byte, rows] of OUTSIDE) {
    it(`fails a file with bytes outside of pages: ${what}`, () => {
      const bytes = Buffer.from(dump);
      for (const cuts of [[], Array.from({ length: bytes.length - 1 }, (_, i) => i + 1)]) {
        const converter = new DumpConverter({ wiki: null });
        for (const [i, at] of [0, ...cuts].entries()) converter.push(bytes.subarray(at, cuts[i] ?? bytes.length));
        converter.end();
        const { failure } = converter;
        const place = `byte ${bytes.indexOf(byte)}`;
        assert.deepEqual([failure?.code, failure?.place], ['BYTES_OUTSIDE_PAGES', place]);
        assert.ok(failure?.message.includes(`at ${place}: expected `) && failure.received !== undefined);
        assert.deepEqual(ids(converter.takeRows()?.bytes.toString().split('\n').slice(0, -1) ?? []), rows);
      }
      assert.equal(convert(dump).error, 'BYTES_OUTSIDE_PAGES');
    });
  }

  for (const [what, dump, begin, named, code, rows] of UNTERMINATED) {
    it(`names what has no end, however the file is cut: ${what}`, () => {
      const bytes = Buffer.from(dump);
      for (const cuts of [[], Array.from({ length: bytes.length - 1 }, (_, i) => i + 1)]) {
        const converter = new DumpConverter({ wiki: null });
        for (const [i, at] of [0, ...cuts].entries()) converter.push(bytes.subarray(at, cuts[i] ?? bytes.length));
        converter.end();
        const { failure } = converter;
        assert.deepEqual([failure?.code, failure?.place], [code, `byte ${bytes.indexOf(begin)}`]);
        assert.match(failure?.message ?? '', named);
        assert.deepEqual(ids(converter.takeRows()?.bytes.toString().split('\n').slice(0, -1) ?? []), rows);
      }
    });
  }

  for (const name of ['us-ascii', 'US-ASCII', 'ascii']) {
    it(`fails a file that is declared as ${name} and has other bytes, and keeps its rows`, () => {
      const dump = `<?xml version="1.0" encoding="${name}"?>${HEADER}${page(1, revision(1))}${page(2, revision(2, '\u00e9'))}${END}`;
      const bytes = Buffer.from(dump);
      const place = bytes.indexOf(0xc3);
      for (const cuts of [[], [place], [place + 1], Array.from({ length: bytes.length - 1 }, (_, i) => i + 1)]) {
        const converter = new DumpConverter({ wiki: null });
        for (const [i, at] of [0, ...cuts].entries()) converter.push(bytes.subarray(at, cuts[i] ?? bytes.length));
        converter.end();
        assert.equal(converter.failure?.code, 'ENCODING_DIFFERS');
        assert.equal(converter.failure?.place, `byte ${place}`);
        assert.match(
          converter.failure?.message ?? '',
          /US-ASCII, as the XML declaration says; received 0xC3 .*encoding="UTF-8"/,
        );
        assert.deepEqual(ids(converter.takeRows()?.bytes.toString().split('\n').slice(0, -1) ?? []), [1, 2]);
      }
      assert.equal(convert(dump.replace('\u00e9', '&#233;')).error, null);
      assert.equal(convert(dump.replace(name, 'utf-8')).error, null);
    });
  }

  for (const [what, dump, rows] of WELL_FORMED) {
    it(`reads ${what} as XML has it`, () => {
      const length = Buffer.byteLength(dump);
      const got = convert(dump);
      assert.deepEqual([got.error, got.quarantine, ids(got.lines)], [null, [], rows]);
      const every = Array.from({ length: Math.min(length - 1, 20_000) }, (_, i) => i + 1);
      assert.deepEqual(convert(dump, {}, every), got);
    });
  }

  it('empties large uploads, wherever they are, and keeps their page', () => {
    const upload = (bytes: number): string => `<upload><contents>${'QUJD'.repeat(bytes / 4)}</contents></upload>`;
    for (const bytes of [100, 40_000, 80_000, 3_000_000]) {
      const dump = `<page><title>T</title>${upload(bytes)}<id>1</id>${revision(1)}${upload(bytes)}${upload(bytes)}${revision(2)}${upload(bytes)}</page>`;
      for (const cuts of [[], Array.from({ length: Math.floor(dump.length / 5000) }, (_, i) => 5000 * (i + 1))]) {
        const got = convert(HEADER + dump + END, {}, cuts);
        assert.deepEqual([got.error, got.quarantine, ids(got.lines)], [null, [], [1, 2]]);
        assert.deepEqual(got.counts.unmapped, { upload: 4 });
      }
    }
    const cut = convert(page(1, revision(1), upload(80_000).replace('</upload>', ''), revision(2)));
    assert.deepEqual([ids(cut.lines), codes(cut.quarantine)], [[1, 2], ['NOT_WELL_FORMED null']]);
  });

  for (const [what, dump, outcome] of BROKEN) {
    it(`converts around ${what}`, () => {
      const got = convert(dump);
      assert.deepEqual(
        [got.error, ids(got.lines), codes(got.quarantine)],
        [outcome.error ?? null, outcome.rows ?? [], outcome.codes ?? []],
      );
      const { pages, rows, quarantined, partialPages, pagesWithoutRevision } = got.counts;
      assert.deepEqual([pages, rows, quarantined], [outcome.pages ?? 1, got.lines.length, got.quarantine.length]);
      assert.deepEqual([partialPages, pagesWithoutRevision], [outcome.partial ?? 0, outcome.empty ?? 0]);
      const bytes = Buffer.from(dump);
      for (const { offset, length, encoding, raw } of got.quarantine) {
        if (encoding === 'utf-8') assert.equal(raw, bytes.toString('utf8', offset, offset + length));
      }
    });
  }

  it('keeps what is quarantined, with its place, reason and page', () => {
    const bad = revision(2, '\0');
    const dump = Buffer.from(`${HEADER}\n${page(1, revision(1), bad, bad)}${END}`);
    const [record, second] = convert(dump).quarantine;
    assert.deepEqual(record, {
      wiki_id: 'aawiki',
      page_id: 1,
      page_title: 'T1',
      revision_id: 2,
      offset: dump.indexOf(bad),
      length: bad.length,
      code: 'ILLEGAL_CHARACTER',
      reason: `expected XML's characters; received "\\u0000</text></revision>" at byte ${bad.indexOf('\0')}`,
      encoding: 'utf-8',
      raw: bad,
      page_head: head(1),
    });
    assert.equal(second?.page_head, null);
  });

  it('keeps what is no UTF-8 as base64', () => {
    const bad = Buffer.from(revision(2, '\xff'), 'latin1');
    const dump = Buffer.concat([Buffer.from(head(1)), bad, Buffer.from('</page>')]);
    const [record] = convert(dump).quarantine;
    assert.deepEqual([record?.code, record?.revision_id, record?.encoding], ['NOT_UTF8', 2, 'base64']);
    assert.deepEqual(Buffer.from(record?.raw ?? '', 'base64'), bad);
  });

  it('keeps position and length alone of a revision that is too long', () => {
    const long = revision(2, 'x'.repeat(1000));
    const dump = page(1, revision(1), long, revision(3));
    for (const [limit, rows] of [
      [long.length, 3],
      [long.length - 1, 2],
    ] as const) {
      for (const cuts of [[], [300, 301, 500, 1100, 1200]]) {
        const got = convert(dump, { maxRevisionBytes: limit }, cuts);
        assert.equal(got.lines.length, rows);
        if (rows === 3) continue;
        const { code, offset, length, encoding, raw } = got.quarantine[0] ?? assert.fail();
        assert.deepEqual(
          [code, offset, length, encoding, raw],
          ['REVISION_TOO_LARGE', dump.indexOf(long), long.length, 'none', null],
        );
      }
    }
  });

  it('measures a revision alike wherever the tag that ends it is cut', () => {
    const exact = revision(2).replace('</revision>', '</revision >');
    const dump = page(1, exact);
    const every = Array.from({ length: dump.length - 1 }, (_, index) => index + 1);
    assert.deepEqual(ids(convert(dump, { maxRevisionBytes: exact.length }, every).lines), [2]);
    assert.deepEqual(codes(convert(dump, { maxRevisionBytes: exact.length - 1 }, every).quarantine), [
      'REVISION_TOO_LARGE null',
    ]);
  });

  it('tells where the pages begin and end, and what the head says', () => {
    const dump = `\ufeff<?xml version="1.0" encoding="utf-8"?>\n${HEADER}\n${page(1, revision(1))}\n${END}`;
    const bytes = Buffer.from(dump);
    const got = convert(dump);
    assert.deepEqual(
      [got.firstPage, got.endTag, got.offset],
      [bytes.indexOf('<page>'), bytes.indexOf('</mediawiki>'), bytes.length],
    );
    assert.deepEqual(got.head, {
      bytes: bytes.indexOf('\n<page>'),
      wiki: 'aawiki',
      dbname: 'aawiki',
      isDeclaredAscii: false,
      language: 'aa',
      namespaces: [],
      hasRoot: true,
      encoding: 'utf-8',
      version: '0.11',
      invalidDbname: null,
      failure: null,
    });
    const bare = convert(page(1, revision(1)), { wiki: 'bbwiki' });
    assert.deepEqual([bare.firstPage, bare.endTag, bare.head?.bytes, bare.head?.hasRoot], [0, null, 0, false]);
    assert.match(bare.lines[0] ?? '', /^\{"wiki_id":"bbwiki",/);
  });

  for (const encoding of ['utf-16le', 'utf-16be'] as const) {
    it(`reads ${encoding}, and counts the bytes of its transcript`, () => {
      const dump = `${HEADER}\n${page(1, revision(1, 'é€😀'))}\n${END}`;
      const bytes = Buffer.from(`\ufeff${dump}`, 'utf16le');
      const given = encoding === 'utf-16le' ? bytes : bytes.swap16();
      const plain = convert(dump);
      for (const cuts of [[], Array.from({ length: given.length - 1 }, (_, i) => i + 1)]) {
        const got = convert(given, {}, cuts);
        assert.equal(got.head?.encoding, encoding);
        assert.deepEqual({ ...got, head: { ...got.head, encoding: 'utf-8' } }, plain);
      }
    });
  }

  it('gives rows with their ends and pages', () => {
    const converter = new DumpConverter({ wiki: 'aawiki' });
    assert.equal(converter.takeRows(), null);
    converter.push(Buffer.from(page(5, revision(1), revision(2)) + page(3) + head(4) + revision(3)));
    const chunk = converter.takeRows() ?? assert.fail();
    const lines = chunk.bytes.toString().split(/(?<=\n)/);
    assert.equal(chunk.rows, 3);
    assert.deepEqual(
      chunk.ends,
      [lines[0], lines.slice(0, 2).join(''), lines.join('')].map((text) => text?.length),
    );
    assert.deepEqual([chunk.firstPageId, chunk.lastPageId], [5, 4]);
    assert.deepEqual(chunk.pages, [
      { id: 5, title: 'T5', rows: 2 },
      { id: 4, title: 'T4', rows: 1 },
    ]);
    assert.equal(converter.takeRows(), null);
    converter.push(Buffer.from(`${revision(4)}</page>`));
    converter.end();
    converter.end();
    assert.deepEqual(converter.takeRows()?.pages, [{ id: 4, title: 'T4', rows: 1 }]);
    assert.throws(() => converter.push(Buffer.from('x')), /push after end/);
  });

  it('throws the same again, and refuses a wiki that is no name', () => {
    const converter = new DumpConverter({ wiki: 'aawiki' });
    for (const bytes of [HEADER.replace('aawiki', 'bbwiki') + page(1), END]) {
      assert.throws(
        () => converter.push(Buffer.from(bytes)),
        (error) => codeOf(error) === 'WIKI_DIFFERS',
      );
    }
    assert.throws(
      () => converter.end(),
      (error) => codeOf(error) === 'WIKI_DIFFERS',
    );
    assert.throws(
      () => new DumpConverter({ wiki: '../etc' }),
      (error) => codeOf(error) === 'NAME_REFUSED',
    );
  });

  it('gives the same for any cuts of any bytes', () => {
    const token = fc.constantFrom(
      '<page>',
      '</page>',
      '<revision>',
      '</revision>',
      '<revision',
      '</mediawiki>',
      '<',
      ' ',
      '\n',
      'é',
      '😀',
      '&amp;',
      '&x;',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '<?',
      '<?a ',
      '?>',
      '--',
      '<page ',
      '<page/>',
      '</page\n>',
      '</revision >',
      '</mediawiki ',
      '<upload>',
      '</upload>',
      '"',
      HEADER,
      head(1),
      head(2),
      revision(1),
      revision(2),
      page(3, revision(3)),
      '<upload/>',
      '<mediawiki',
      '\0',
      '<revisions>',
    );
    const dump = fc.oneof(
      fc.array(token, { maxLength: 30 }).map((all) => all.join('')),
      fc
        .array(token, { maxLength: 6 })
        .map((all) => `${HEADER}${page(1, revision(1), ...all)}${page(2, revision(2))}${END}`),
    );
    const cuts = fc.array(fc.nat(2000), { maxLength: 40 });
    fc.assert(
      fc.property(dump, cuts, fc.constantFrom(200, 1e6), (text, places, maxRevisionBytes) => {
        const bytes = Buffer.from(text);
        const sorted = places.filter((place) => place < bytes.length).sort((a, b) => a - b);
        const whole = convert(bytes, { maxRevisionBytes });
        // How many bytes were taken in before an error depends on the cuts, and nothing else does.
        const got = convert(bytes, { maxRevisionBytes }, sorted);
        assert.deepEqual({ ...got, offset: 0 }, { ...whole, offset: 0 });
        const every = Array.from({ length: Math.max(0, bytes.length - 1) }, (_, index) => index + 1);
        assert.deepEqual({ ...convert(bytes, { maxRevisionBytes }, every), offset: 0 }, { ...whole, offset: 0 });
        if (whole.error === null) assert.equal(got.offset, bytes.length);
      }),
      { numRuns: 500 },
    );
  });
});
