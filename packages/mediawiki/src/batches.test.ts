import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EVERY_PAGE } from '@wikifleet/domain/page-filter';
import { BatchConverter, MAX_ROW_BYTES } from './batch-converter.js';
import { BATCH_BYTES, BatchCutter } from './batch-cutter.js';
import { CountKeeper } from './dump-counts.js';
import { DumpSplitter } from './dump-splitter.js';
import { FastEngine } from './fast-engine.js';
import type { PageBatch } from './page-batch.js';
import { splitBatch } from './page-batch.js';
import { PageConverter } from './page-converter.js';
import { generatedPage } from './testing/page-generators.js';
import type { QuarantineRecord } from './quarantine.js';
import { LONG_TESTS } from '@wikifleet/testing/extent';
import { convertBy } from './testing/test-tools.js';

const HEAD = '<mediawiki><siteinfo><dbname>aawiki</dbname></siteinfo>';
const END = '</mediawiki>';
const revision = (id: number | string): string =>
  `<revision><id>${id}</id><timestamp>2001-01-15T13:15:00Z</timestamp><text>text ${id}</text></revision>`;
const page = (id: number, ...revisions: string[]): string =>
  `<page><title>T${id}</title><ns>0</ns><id>${id}</id>${revisions.join('\n')}</page>\n`;
const revisions = (count: number): string[] => Array.from({ length: count }, (_, i) => revision(i + 1));

/** The batches of what stands behind `HEAD`. */
function batchesOf(text: string, batchBytes?: number, pushBytes = 100): PageBatch[] {
  const cutter = new BatchCutter(batchBytes);
  const bytes = Buffer.from(text);
  cutter.begin(HEAD.length);
  const batches: PageBatch[] = [];
  for (let at = 0; at < bytes.length; at += pushBytes) {
    cutter.push(bytes.subarray(at, at + pushBytes));
    batches.push(...cutter.take());
  }
  cutter.end();
  return [...batches, ...cutter.take()];
}

const textOf = ({ bytes, length }: PageBatch): string => Buffer.from(bytes, 0, length).toString();
const bordersOf = (batches: readonly PageBatch[]): string[] => batches.map(({ begins, ends }) => `${begins} ${ends}`);

describe('BatchCutter', () => {
  it('cuts in front of a page where one is near the end, else of a revision, else anywhere', () => {
    const pages = Array.from({ length: 30 }, (_, i) => page(i, revision(i))).join('');
    assert.deepEqual([...new Set(bordersOf(batchesOf(pages, 1000)))], ['page page']);
    assert.deepEqual(
      [...new Set(bordersOf(batchesOf(page(1, ...revisions(30)), 1000)))],
      ['page revision', 'revision revision', 'revision page'],
    );
    assert.deepEqual(bordersOf(batchesOf(page(1, 'x'.repeat(2000), revision(1), revision(2)), 1000)), [
      'page anywhere',
      'anywhere anywhere',
      'anywhere page',
    ]);
  });

  it('loses nothing, whatever is pushed at a time', () => {
    const text = Array.from({ length: 20 }, (_, i) => page(i, ...revisions(i % 7))).join('') + END;
    for (const pushBytes of [1, 7, 300, 100_000]) {
      for (const batchBytes of [40, 200, 3000]) {
        const batches = batchesOf(text, batchBytes, pushBytes);
        assert.equal(batches.map(textOf).join(''), text);
        let offset = HEAD.length;
        for (const batch of batches) {
          assert.equal(batch.offset, offset);
          assert.ok(batch.length > 0 && batch.bytes.byteLength === batchBytes);
          const tag = { page: '<page>', revision: '<revision>', anywhere: '' }[batch.begins];
          assert.ok(textOf(batch).startsWith(tag) || textOf(batch) === END);
          offset += batch.length;
        }
      }
    }
  });

  it('ends in front of the first page that is not owned, wherever its tag is cut', () => {
    const first = page(1, revision(1));
    const text = first + page(2, revision(2));
    for (let pushBytes = 6; pushBytes < 26; pushBytes += 1) {
      for (const limit of [1, first.length - 7, first.length]) {
        const cutter = new BatchCutter(64);
        cutter.begin(HEAD.length);
        cutter.ownTo(HEAD.length + limit);
        for (let at = 0; at < text.length && !cutter.done; at += pushBytes)
          cutter.push(Buffer.from(text.slice(at, at + pushBytes)));
        assert.deepEqual([cutter.firstPage, cutter.nextPage], [HEAD.length, HEAD.length + first.length]);
        cutter.end();
        assert.equal(cutter.take().map(textOf).join(''), first);
      }
    }
  });

  it('uses memory again that it is given back', () => {
    const cutter = new BatchCutter(200);
    cutter.begin(0);
    const seen = new Set<ArrayBuffer>();
    for (let i = 0; i < 50; i += 1) {
      cutter.push(Buffer.from(page(i, revision(i))));
      for (const { bytes } of cutter.take()) {
        seen.add(bytes);
        cutter.giveBack(bytes);
      }
    }
    assert.ok(seen.size <= 2, `${seen.size} buffers`);
  });
});

/** The same with comments, CDATA sections and processing instructions that hold tags. */
const odds = (text: string): string =>
  text.replaceAll('</text>', '<![CDATA[</revision><page>]]></text><!-- <revision> --><?p </page><page> ?>');

interface Converted {
  readonly rows: string;
  readonly quarantine: QuarantineRecord[];
  readonly counts: unknown;
  readonly refused: number;
  readonly error: string | null;
}

/** As threads do it: what is refused goes to the fast engine, which has the reference. */
function convertBatches(text: string, batchBytes?: number): Converted {
  const converter = new BatchConverter();
  const counts = new CountKeeper();
  const here = new PageConverter(new FastEngine(), counts, null);
  here.begin('aawiki');
  const splitter = new DumpSplitter(here);
  const rows: Buffer[] = [];
  const quarantine: QuarantineRecord[] = [];
  let refused = 0;
  let error: string | null = null;
  let hasEndTag = false;
  for (const batch of batchesOf(text, batchBytes)) {
    if (hasEndTag && batch.begins === 'page') {
      error ??= 'BYTES_OUTSIDE_PAGES';
      break;
    }
    const isStreamed = batch.begins === 'anywhere';
    const outcome = isStreamed ? ({ kind: 'refused', state: null } as const) : converter.convert(batch, 'aawiki', null);
    if (outcome.kind === 'rows') {
      counts.add(outcome.counts);
      if (outcome.rows !== null) rows.push(outcome.rows.bytes);
      quarantine.push(...outcome.quarantine);
      error ??= outcome.failure?.code ?? null;
      hasEndTag ||= outcome.endTag !== null;
      continue;
    }
    refused += 1;
    // as it comes from another thread
    if (outcome.state !== null) here.resume(structuredClone(outcome.state));
    const isOutside = batch.begins === 'revision' && outcome.state === null && !splitter.isInPage;
    splitBatch(batch, splitter, isStreamed || isOutside);
    error ??= splitter.failure?.code ?? null;
    hasEndTag ||= splitter.endTag !== null;
    const chunk = here.takeRows();
    if (chunk !== null) rows.push(Buffer.from(chunk.bytes));
    quarantine.push(...here.takeQuarantine());
  }
  return { rows: Buffer.concat(rows).toString(), quarantine, counts: counts.snapshot(), refused, error };
}

function check(text: string, batchBytes?: number): number {
  const whole = convertBy(new FastEngine(), Buffer.from(HEAD + text));
  const { rows, quarantine, counts, refused, error } = convertBatches(text, batchBytes);
  assert.equal(error, whole.error);
  assert.equal(rows, whole.lines.map((line) => `${line}\n`).join(''));
  assert.deepEqual(quarantine, whole.quarantine);
  assert.deepEqual(counts, whole.counts);
  return refused;
}

describe('BatchConverter', function () {
  const odd = '<revision><id>3</id><timestamp>t</timestamp><text><!-- --></text></revision>';
  const CASES: readonly [what: string, text: string, refused: boolean][] = [
    ['what is regular', page(1, revision(1)) + page(2, ...revisions(3)), false],
    ['long pages', page(1, ...revisions(40)) + page(2, ...revisions(50)), false],
    ['pages that are cut', page(1, revision(1)).replace('</page>', '') + page(2, revision(2)), false],
    ['a revision for the reference in a short page', page(1, revision(1), odd) + page(2, revision(2)), true],
    ['one in a long page', page(1, ...revisions(20), odd, ...revisions(20)) + page(2, ...revisions(9)), true],
    ['one that cannot be read in a long page', page(1, ...revisions(20), revision('x'), ...revisions(20)), true],
    [
      'a head that cannot be read',
      page(1, ...revisions(20)).replace('<id>1</id>', '<id/>') + page(2, revision(2)),
      true,
    ],
    ['matter between revisions', page(1, revision(1), '<upload/>', revision(2)), true],
    ['a revision that is longer than a batch', page(1, revision(1), revision('7'.repeat(900)), revision(3)), true],
    ['bytes outside of pages', `${page(1, revision(1))}x${page(2, revision(2))}`, false],
    ['a page behind bytes outside', `x${page(1, revision(1))}${revision(4)}y<b/>${page(2, ...revisions(9))}`, false],
    ['tags in CDATA and comments', odds(page(1, ...revisions(9))) + page(2, revision(2)), true],
    [
      'comments between pages',
      `<!-- <page> -->${page(1, revision(1))}<?p <page> ?>\n${page(2, ...revisions(9))}<!---->`,
      false,
    ],
    [
      'a long comment between pages',
      `${page(1, revision(1))}<!--${'<page> '.repeat(200)}-->${page(2, revision(2))}`,
      true,
    ],
    ['blanks in tags', (page(1, ...revisions(9)) + page(2, revision(2))).replaceAll('page>', 'page\n>'), false],
    ['pages with attributes', page(1, revision(1)) + page(2, ...revisions(9)).replace('<page', '<page a=">"'), true],
    ['a page behind the end', `${page(1, revision(1))}${END}${page(2, ...revisions(9))}`, false],
    ['a revision behind the end', `${page(1, revision(1))}${END}${revisions(30).join('')}`, false],
    ['a revision outside of pages', page(1, revision(1)) + revisions(30).join(''), false],
  ];
  for (const [what, text, isRefused] of CASES) {
    it(`gives what one converter gives: ${what}`, () => {
      for (const batchBytes of [150, 400]) {
        const refused = check(text + END, batchBytes);
        if (isRefused) assert.ok(refused > 0);
      }
      check(text + END);
    });
  }

  it('takes all that is regular itself', () => {
    assert.equal(check(Array.from({ length: 500 }, (_, i) => page(i, revision(i))).join('') + END, 2000), 0);
    assert.equal(check(page(1, ...revisions(500)) + END, 2000), 0);
  });

  it('refuses a batch whose rows grow beyond the bound', () => {
    const title = 'x'.repeat(2000);
    const text = page(1, ...revisions(8000)).replace('T1', title) + END;
    assert.ok(text.length < BATCH_BYTES && 8000 * title.length > MAX_ROW_BYTES);
    assert.equal(check(text), 1);
  });

  it('counts what a filter leaves out', () => {
    const [batch] = batchesOf(page(1, ...revisions(3)));
    const outcome = new BatchConverter().convert(batch!, 'aawiki', { ...EVERY_PAGE, namespaces: [4] });
    assert.ok(outcome.kind === 'rows' && outcome.rows === null);
    assert.deepEqual([outcome.counts.pages, outcome.counts.filteredPages, outcome.counts.filteredRevisions], [1, 1, 3]);
  });

  it('gives what one converter gives, of any pages', () => {
    const pages = fc.array(generatedPage, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(pages, fc.integer({ min: 40, max: 3000 }), (all, batchBytes) => {
        check(all.join('\n') + END, batchBytes);
      }),
      { numRuns: LONG_TESTS ? 300 : 60 },
    );
  });

  it('gives what one converter gives, of any tags', () => {
    const token = fc.constantFrom(
      '<page>', '<page a="b">', '<page\n>', '<page/>', '</page>', '</page >', '<revision>', '</revision>', '</revision\t>', '<revisions>', '<pages>',
      '<upload>', '</upload>', '<!--', '-->', '--', '<![CDATA[', ']]>', '<?a ', '?>', ' ', 'x', '<', END, '</mediawiki >', '"',
      page(1, revision(1)), page(2, ...revisions(4)), revision(3), odds(revision(5)),
    ); // prettier-ignore
    fc.assert(
      fc.property(fc.array(token, { maxLength: 40 }), fc.integer({ min: 40, max: 600 }), (all, batchBytes) => {
        check(all.join(''), batchBytes);
      }),
      { numRuns: LONG_TESTS ? 800 : 200 },
    );
  });
});
