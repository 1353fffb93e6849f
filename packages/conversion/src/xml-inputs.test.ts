import assert from 'node:assert/strict';
import { MemorySource } from '@wikifleet/testing/memory-source';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { openBlockPool } from './block-pool.js';
import { DEFAULT_ENGINE, ENGINES } from './engines.js';
import { MAX_FIRST_UNREADABLE } from './quarantine-writer.js';
import { readDbname } from './read-dbname.js';
import { bz2Stream } from '@wikifleet/testing/bz2-stream';
import { EXHAUSTIVE, LONG_TESTS, extent } from '@wikifleet/testing/extent';
import { convertFile, convertPart, pieces } from './testing/test-tools.js';
import type { ConvertedFile } from './testing/test-tools.js';

const HEAD =
  '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11">\n' +
  '  <siteinfo><sitename>T</sitename><dbname>twiki</dbname></siteinfo>\n';
const END = '</mediawiki>\n';
const revision = (id: number, text = 'Hello'): string =>
  `<revision><id>${id}</id><timestamp>2020-01-01T00:00:00Z</timestamp><text>${text}</text></revision>\n`;
const page = (id: number, ...inside: string[]): string =>
  `  <page>\n<title>T${id}</title><ns>0</ns><id>${id}</id>\n${inside.join('')}</page>\n`;
const PAGES = [page(1, revision(11)), page(2, revision(21), revision(22)), page(3, revision(31))];
const FORGED = page(9, revision(99, 'forged'));
const UPLOAD = `<upload><contents>${'QUJD'.repeat(300_000)}</contents></upload>`;

interface Input {
  readonly what: string;
  readonly xml: string;
  readonly rows: readonly number[];
  readonly problems?: readonly string[];
  /** Whether a border of a split may fall into CDATA or a comment that holds `<page`: the file may fail then. */
  readonly mayFail?: true;
}

const INPUTS: readonly Input[] = [
  { what: 'three pages', xml: HEAD + PAGES.join('') + END, rows: [11, 21, 22, 31] },
  { what: 'a first page with an attribute', xml: HEAD + PAGES.join('').replace('<page', '<page xml:id="p1"') + END, rows: [11, 21, 22, 31] },
  { what: 'blanks in tags', xml: (HEAD + PAGES.join('') + END).replaceAll(/<(\/?(?:page|mediawiki))>/g, '<$1 >').replaceAll('</revision>', '</revision\n>'), rows: [11, 21, 22, 31] },
  { what: 'a hole behind the head', xml: HEAD + PAGES.join('').slice(100) + END, rows: [21, 22, 31], problems: ['BYTES_OUTSIDE_PAGES'] },
  { what: 'a hole in the head', xml: HEAD.slice(0, 90) + PAGES.join('').slice(100) + END, rows: [21, 22, 31], problems: ['BYTES_OUTSIDE_PAGES'] },
  { what: 'a hole between pages', xml: HEAD + PAGES.join('').replace('</page>\n  <page>\n<title>T2</title><ns>0</ns>', '') + END, rows: [11, 21, 22, 31] },
  { what: 'an end of a page too many', xml: HEAD + PAGES.join('</page>\n') + END, rows: [11, 21, 22, 31], problems: ['BYTES_OUTSIDE_PAGES'] },
  { what: 'tags in capitals', xml: HEAD + PAGES.join('').replaceAll('page>', 'PAGE>') + END, rows: [], problems: ['BYTES_OUTSIDE_PAGES'] },
  { what: 'log items', xml: `${HEAD}${'<logitem><id>1</id></logitem>\n'.repeat(50)}${END}`, rows: [], problems: ['LOG_DUMP'] },
  { what: 'a page tag in CDATA', xml: HEAD + page(1, revision(11, `<![CDATA[${FORGED}]]>`)) + PAGES[1] + END, rows: [11, 21, 22], mayFail: true },
  { what: 'revision tags in CDATA', xml: HEAD + page(1, revision(11, '<![CDATA[</revision><revision><id>666</id><timestamp>2020-01-01T00:00:00Z</timestamp><text>forged</text></revision><revision>]]>')) + PAGES[1] + END, rows: [11, 21, 22] },
  { what: 'a revision in a comment', xml: HEAD + page(1, revision(11), `<!-- ${revision(12)} -->`, revision(13)) + PAGES[1] + END, rows: [11, 13, 21, 22] },
  { what: 'pages in a comment', xml: `${HEAD}${PAGES[0]}<!-- ${FORGED} -->${PAGES[1]}<!-- ${FORGED} -->${END}<!-- ${FORGED} -->`, rows: [11, 21, 22], mayFail: true },
  { what: 'comments and processing instructions', xml: `${HEAD}<!-- a -->${PAGES.join('<?p x?><!-- b -->')}<!-- c --><?p y?>${END}<!-- d --><?p z?>\n`, rows: [11, 21, 22, 31] },
  { what: 'a large upload', xml: HEAD + page(1, revision(11), UPLOAD, revision(12)) + PAGES[1] + END, rows: [11, 12, 21, 22] },
  { what: 'ASCII, declared', xml: `<?xml version='1.0' encoding='us-ascii'?>\n${HEAD}${PAGES[0]}${END}`, rows: [11] },
  { what: 'a namespace prefix', xml: (HEAD + PAGES.join('') + END).replaceAll(/<(\/?)(mediawiki|page)/g, '<$1ns0:$2'), rows: [], problems: ['NAMESPACE_PREFIX'] },
  { what: 'a page without an id alone', xml: HEAD + PAGES[0]!.replace('<id>1</id>', '') + END, rows: [] },
  { what: 'a file without a root', xml: `</revision></page>${PAGES.join('')}`, rows: [11, 21, 22, 31], problems: ['BYTES_OUTSIDE_PAGES'] },
]; // prettier-ignore

function idsOf({ rows }: ConvertedFile): number[] {
  const lines = rows.toString().split('\n').slice(0, -1);
  return lines.map((line) => (JSON.parse(line) as { revision_id: number }).revision_id);
}

function* sizesOf(length: number): Generator<number> {
  for (let size = extent(1, 5, 40); size < length; size += Math.ceil(extent(1, size / 3, size / 2))) yield size;
}

describe('XML that MediaWiki does not write', function () {
  this.timeout(EXHAUSTIVE ? 3_600_000 : 120_000);
  const pools = [1, 2, 4].map(openBlockPool);
  after(async () => await Promise.all(pools.map(async (pool) => await pool.close())));

  for (const { what, xml, rows, problems = [], mayFail = false } of INPUTS) {
    it(`${what}: the same in every container, by each engine and any number of threads`, async () => {
      for (const file of [Buffer.from(xml), gzipSync(xml), bz2Stream(pieces(xml, everyBytes(700, xml)))]) {
        for (const pool of pools) {
          for (const engine of LONG_TESTS || pool.workers === 2 ? ENGINES : [DEFAULT_ENGINE]) {
            const got = await convertFile(file, null, { pool, engine });
            assert.deepEqual([idsOf(got), [...new Set(got.problems)]], [rows, problems]);
          }
        }
      }
    });

    it(`${what}: the same in splits of any size${mayFail ? ', or the file fails' : ''}`, async () => {
      const blocks = xml.length > 100_000 ? 50_000 : 60;
      const file = bz2Stream(pieces(xml, everyBytes(blocks, xml)));
      for (const size of sizesOf(file.length)) {
        const got = await convertFile(file, size, { engine: 'reference' });
        if (mayFail && got.problems.length > 0) continue;
        assert.deepEqual([idsOf(got), [...new Set(got.problems)]], [rows, problems], `splits of ${size}`);
      }
    });
  }

  it('what cannot be seen is shown by its code point, in what is kept of a failure too', async () => {
    const between = '\ufeff\u009b31m\u202e\u007f\n';
    const file = Buffer.from(HEAD + PAGES.join(between) + END);
    const { failure } = await convertPart(file, { start: 0, end: file.length });
    const received = String.raw`"<U+FEFF><U+009B>31m<U+202E><U+007F>\n  "`;
    assert.equal(failure?.received, received);
    assert.ok(failure?.message.endsWith(received));
    const broken = Buffer.from(HEAD + page(1, revision(11, '&\u202e\u200b;')) + PAGES[1] + END);
    const { quarantined } = await convertPart(broken, { start: 0, end: broken.length });
    const { reason } = JSON.parse(quarantined) as { reason: string };
    assert.match(reason, /received "&<U\+202E><U\+200B>;/);
  });

  it('the receipts of splits say where the head ends, although no split but the first checks what is behind it', async () => {
    const file = bz2Stream(pieces(HEAD + PAGES.join('').slice(100) + END, [50, 100, 200, 250, 300, 400]));
    const { parts } = await convertFile(file, 40);
    assert.ok(parts.length > 4);
    assert.deepEqual(
      parts.map(({ failure }) => failure?.code ?? null).filter((code) => code !== null),
      ['BYTES_OUTSIDE_PAGES'],
    );
    for (const { head } of parts) assert.deepEqual(head.end, parts[0]?.head.end);
  });

  it('quarantines to a bound of records, counts what is dropped, and has the first reasons', async () => {
    const file = Buffer.from(HEAD + '<page></page>'.repeat(12_345) + PAGES[0] + END);
    const expected = await convertPart(file, { start: 0, end: file.length });
    assert.equal(expected.quarantined.split('\n').length - 1, 10_000);
    assert.deepEqual(
      [expected.counts.quarantined, expected.counts.quarantineDropped],
      [12_345, { MISSING_ELEMENT: 2345 }],
    );
    assert.equal(expected.firstUnreadable.length, MAX_FIRST_UNREADABLE);
    assert.match(expected.firstUnreadable[0]?.reason ?? '', /page\/id/);
    assert.equal(expected.counts.rows, 1);
    for (const pool of pools)
      assert.deepEqual(await convertPart(file, { start: 0, end: file.length }, { pool }), expected);
  });

  it('quarantines to a bound of bytes', async function () {
    if (!LONG_TESTS) this.skip('WIKIFLEET_LONG_TESTS=1');
    const long = page(1, ...Array.from({ length: 40 }, (_, i) => revision(i + 1, `&x;${'y'.repeat(8_000_000)}`)));
    const file = gzipSync(HEAD + long + END, { level: 1 });
    const { counts, quarantined } = await convertPart(file, { start: 0, end: file.length });
    assert.ok(quarantined.length <= 256 * 1024 * 1024);
    assert.equal(quarantined.split('\n').length - 1 + (counts.quarantineDropped['ENTITY_REFUSED'] ?? 0), 40);
    assert.equal(counts.quarantined, 40);
  });

  it('ends a conversion of very many units that cannot be read', async function () {
    if (!LONG_TESTS) this.skip('WIKIFLEET_LONG_TESTS=1');
    const file = gzipSync(HEAD + '<page></page>'.repeat(1_000_001) + END);
    const { failure, isReadToEnd, counts } = await convertPart(file, { start: 0, end: file.length });
    assert.deepEqual([failure?.code, isReadToEnd, counts.quarantined], ['TOO_MANY_UNREADABLE', false, 1_000_001]);
  });
});

const WIKIS: readonly [what: string, dbname: string, dbname: string | null, invalid: string | null][] = [
  ['a name', '<dbname>twiki</dbname>', 'twiki', null],
  ['none', '', null, null],
  ['an empty one', '<dbname></dbname>', null, null],
  ['white space around', '<dbname>\n twiki\n </dbname>', 'twiki', null],
  ['an attribute', '<dbname xml:lang="en">twiki</dbname>', 'twiki', null],
  ['a plus', '<dbname>my+wiki</dbname>', 'my+wiki', null],
  ['a space', '<dbname>my wiki</dbname>', null, 'my wiki'],
];

describe('the wiki of a file', () => {
  for (const [what, element, dbname, invalid] of WIKIS) {
    const xml = HEAD.replace('<dbname>twiki</dbname>', element) + PAGES[0] + END;
    it(`${what}: the rows have the dbname where it is valid, else the given wiki, else unknown`, async () => {
      for (const file of [Buffer.from(xml), gzipSync(xml), bz2Stream(pieces(xml, [40, 90]))]) {
        assert.deepEqual(await readDbname(new MemorySource(file)), { dbname, invalid });
        const whole = { start: 0, end: file.length };
        const wikiOf = (rows: Buffer): unknown => (JSON.parse(rows.toString()) as { wiki_id: string }).wiki_id;
        const alone = await convertPart(file, whole);
        assert.equal(wikiOf(alone.rows), dbname ?? 'unknown');
        assert.equal(alone.warnings.length, invalid === null ? 0 : 1);
        const given = await convertPart(file, whole, { wiki: 'bwiki' });
        if (dbname === null) assert.equal(wikiOf(given.rows), 'bwiki');
        else assert.equal(given.failure?.code, 'WIKI_DIFFERS');
        const overridden = await convertPart(file, whole, { wiki: 'bwiki', wikiOverrides: true });
        assert.equal(wikiOf(overridden.rows), 'bwiki');
        assert.equal(overridden.warnings.length, dbname === null && invalid === null ? 0 : 1);
      }
    });
  }
});

/** Hostile inputs beside the checkout, as [rows, problems]. */
const FAULTS = resolve(import.meta.dirname, '../../../../shared/faults/inputs');
const SHARED: Readonly<Record<string, readonly [rows: number, problems: readonly string[]]>> = {
  '1-stray-head/firstattr-20261001-pages-articles.xml': [3, []],
  '1-stray-head/hole-20261001-pages-articles.xml.bz2': [24, ['BYTES_OUTSIDE_PAGES']],
  '1-stray-head/logwiki-20261001-pages-logging.xml': [0, ['LOG_DUMP']],
  '1-stray-head/s17-page-blank-in-tag.xml': [3, []],
  '1-stray-head/s53-uppercase-tags.xml': [0, ['BYTES_OUTSIDE_PAGES']],
  '1-stray-head/w07-badxml.xml': [0, ['BYTES_OUTSIDE_PAGES']],
  '6-tags-in-cdata-and-comments/s31-cdata-with-page.xml': [2, []],
  '6-tags-in-cdata-and-comments/s32-cdata-with-revend.xml': [3, []],
  '6-tags-in-cdata-and-comments/s33-comment-with-rev.xml': [3, []],
  '6-tags-in-cdata-and-comments/w06-cdata-injection.xml': [2, []],
  '7-between-pages/s05-stray-page-end.xml': [3, ['BYTES_OUTSIDE_PAGES']],
  '7-between-pages/s07-comment-between.xml': [3, []],
  '7-between-pages/s09-comment-after-last.xml': [1, []],
  '7-between-pages/s18-second-page-blank.xml': [3, []],
  '7-between-pages/s21-root-end-blank.xml': [1, []],
  '8-dbname/s38-dbname-empty.xml': [1, []],
  '8-dbname/s40-dbname-space.xml': [1, []],
  '8-dbname/s41-dbname-plus.xml': [1, []],
  '8-dbname/s42-dbname-padded.xml': [1, []],
  '8-dbname/s43-dbname-attr.xml': [1, []],
  '11-trailing-bytes/c14-gz-trailing-zeros.xml.gz': [3, ['GZIP_TRAILING_GARBAGE']],
  '11-trailing-bytes/c15-gz-trailing-garbage.xml.gz': [3, ['GZIP_TRAILING_GARBAGE']],
  '11-trailing-bytes/c33-gz-trailing-garbage-3000-pages.xml.gz': [3000, ['GZIP_TRAILING_GARBAGE']],
  '12-declarations-and-prefixes/e14-decl-ascii.xml': [1, []],
  '12-declarations-and-prefixes/e15-decl-utf8-nodash.xml': [3, []],
  '12-declarations-and-prefixes/s15-ns0-prefix.xml': [0, ['NAMESPACE_PREFIX']],
  '13-large-upload/s44-upload-base64.xml.bz2': [2, []],
  '14-questionable-values/s52-redirect-after-rev.xml': [1, []],
  '14-questionable-values/v02-title-empty.xml': [1, []],
  '14-questionable-values/v08-ts.xml': [5, []],
  '14-questionable-values/w03-no-id.xml': [0, []],
};

describe('inputs beside the checkout', () => {
  if (!existsSync(FAULTS)) {
    it.skip('(skipped: the faulty inputs beside the checkout (../shared/faults/inputs))');
    return;
  }
  for (const [name, [rows, problems]] of Object.entries(SHARED)) {
    it(name, async () => {
      const got = await convertFile(readFileSync(join(FAULTS, name)));
      assert.deepEqual([got.counts.rows, got.problems], [rows, problems]);
    });
  }
});

function everyBytes(step: number, text: string): number[] {
  return Array.from({ length: Math.ceil(Buffer.byteLength(text) / step) - 1 }, (_, i) => (i + 1) * step);
}
