import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { PageFilter } from '@wikifleet/domain/page-filter';
import { generatedPage } from './testing/page-generators.js';
import { quickSamples } from '@wikifleet/testing/samples';
import { convert, readSample } from './testing/test-tools.js';
import type { Converted } from './testing/test-tools.js';

interface Row {
  readonly page_id: number;
  readonly page_title: string;
  readonly page_namespace_id: number | null;
  readonly page_redirect_target: string | null;
}

const FILTERS: readonly PageFilter[] = [
  { namespaces: [0], redirects: true },
  { namespaces: [0, 14], redirects: false },
  { namespaces: [-1, 1, 10, 828], redirects: true },
  { namespaces: null, redirects: false },
];

/** What a filter owes, of rows that were made without one: it knows nothing of pages, only rows. */
function isOwed({ namespaces, redirects }: PageFilter, line: string): boolean {
  const { page_namespace_id: namespace, page_redirect_target: target } = JSON.parse(line) as Row;
  if (target !== null && !redirects) return false;
  return namespaces === null || namespace === null || namespaces.some((one) => one === namespace);
}

function pagesOf(lines: readonly string[]): Set<number> {
  return new Set(lines.map((line) => (JSON.parse(line) as Row).page_id));
}

/** The owed rows and no others, the same pages, the same boundaries. */
function checkFiltered(whole: Converted, filtered: Converted, filter: PageFilter): void {
  const owed = whole.lines.filter((line) => isOwed(filter, line));
  assert.deepEqual(filtered.lines, owed);
  assert.equal(filtered.counts.pages, whole.counts.pages);
  const { head, firstPage, endTag, offset } = whole;
  assert.deepEqual(
    [filtered.head, filtered.firstPage, filtered.endTag, filtered.offset],
    [head, firstPage, endTag, offset],
  );
}

describe('a filter on the samples', function () {
  this.timeout(120_000);
  const samples = quickSamples();
  if (samples === null) {
    it.skip('(skipped: the real dump samples beside the checkout (../shared/samples))');
    return;
  }
  const seen = { filtered: 0, unknown: 0, redirects: 0 };

  for (const [name, { malformed }] of Object.entries(samples)) {
    it(name, function () {
      const bytes = readSample(name);
      if (bytes === null) {
        this.skip('bzip2 or python3');
      }
      // the rows without a filter are those of an independent reader: another test holds them to its digests
      const whole = convert(bytes);
      for (const filter of FILTERS) {
        const filtered = convert(bytes, { filter });
        checkFiltered(whole, filtered, filter);
        const { counts, lines, quarantine } = filtered;
        seen.filtered += counts.filteredPages;
        seen.unknown += counts.pagesWithoutNamespace;
        if (filter.namespaces === null) seen.redirects += counts.filteredPages;
        if (malformed !== undefined) continue;
        assert.deepEqual(quarantine, []);
        assert.equal(counts.filteredRevisions, whole.lines.filter((line) => !isOwed(filter, line)).length);
        // every page is in rows, without a revision, or filtered out: nothing is lost between
        assert.equal(pagesOf(lines).size + counts.pagesWithoutRevision + counts.filteredPages, counts.pages);
        const unknown = lines.filter((line) => (JSON.parse(line) as Row).page_namespace_id === null);
        assert.equal(counts.pagesWithoutNamespace, filter.namespaces === null ? 0 : pagesOf(unknown).size);
      }
    });
  }

  it('has something to do there', () => {
    assert.ok(seen.filtered > 500 && seen.unknown > 0 && seen.redirects > 0, JSON.stringify(seen));
  });
});

const ONE = '<revision><id>1</id><timestamp>t</timestamp><text>a</text></revision>';
const NONE = { filteredPages: 0, filteredRevisions: 0, pagesWithoutNamespace: 0 };
const page = (columns: string, revisions = ONE): string =>
  `<page><title>T</title><id>7</id>${columns}${revisions}</page>`;

interface Owed {
  readonly rows: number;
  readonly filteredPages?: number;
  readonly filteredRevisions?: number;
  readonly pagesWithoutNamespace?: number;
  readonly pagesWithoutRevision?: number;
  readonly partialPages?: number;
  readonly codes?: readonly string[];
  readonly unmapped?: Readonly<Record<string, number>>;
}

/** Under `--namespaces 0,14 --no-redirects`. */
const PAGES: readonly [what: string, xml: string, owed: Owed][] = [
  ['a revision that is broken, in a page that is filtered: nobody reads it', page('<ns>1</ns>', '<revision><id>x</id></revision>'), { rows: 0, filteredPages: 1, filteredRevisions: 1 }],
  ['a revision that is too long, in a page that is filtered', page('<ns>1</ns>', `${ONE}<revision>${'x'.repeat(3000)}</revision>`), { rows: 0, filteredPages: 1, filteredRevisions: 2 }],
  ['a document type in a page that is filtered', page('<ns>1</ns>', `<revision><!DOCTYPE x></revision>`), { rows: 0, filteredPages: 1, filteredRevisions: 1 }],
  ['what stands between revisions, in a page that is filtered', page('<ns>1</ns>', `${ONE}<upload/>&bad;${ONE}`), { rows: 0, filteredPages: 1, filteredRevisions: 2 }],
  ['a page that is cut and filtered: the cut is told', `<page><title>T</title><id>7</id><ns>1</ns>${ONE}`, { rows: 0, filteredPages: 1, filteredRevisions: 1, partialPages: 1, codes: ['PAGE_CUT'] }],
  ['a page that is cut in a revision, and filtered', `<page><title>T</title><id>7</id><ns>1</ns><revision><id>1`, { rows: 0, filteredPages: 1, filteredRevisions: 1, partialPages: 1, codes: ['PAGE_CUT'] }],
  ['a head that is broken: nobody knows its namespace, so it is told', page('<ns>x</ns>'), { rows: 0, partialPages: 1, codes: ['NOT_AN_INTEGER', 'PAGE_HEAD_BROKEN'] }],
  ['a page without a revision that is filtered counts once', page('<ns>1</ns>', ''), { rows: 0, filteredPages: 1 }],
  ['a page without a revision that is kept', page('<ns>14</ns>', ''), { rows: 0, pagesWithoutRevision: 1 }],
  ['a page without a namespace is kept, and told', page(''), { rows: 1, pagesWithoutNamespace: 1 }],
  ['an empty namespace is none', page('<ns/>'), { rows: 1, pagesWithoutNamespace: 1 }],
  ['a redirect without a namespace', page('<redirect title="X"/>'), { rows: 0, filteredPages: 1, filteredRevisions: 1 }],
  ['a bare redirect', page('<ns>0</ns><redirect />'), { rows: 0, filteredPages: 1, filteredRevisions: 1 }],
  ['a redirect to what looks like none', page('<ns>0</ns><redirect title="null"/>'), { rows: 0, filteredPages: 1, filteredRevisions: 1 }],
  ['a title that looks like columns', '<page><title>","page_namespace_id":1,"x":"\\</title><ns>0</ns><id>7</id>' + ONE + '</page>', { rows: 1 }],
  ['a text that says redirect, in a page that is none', page('<ns>0</ns>', ONE.replace('>a<', '>#REDIRECT [[X]]<')), { rows: 1 }],
  ['elements without a column count where the page is kept', page('<ns>0</ns><restrictions>x</restrictions>'), { rows: 1, unmapped: { restrictions: 1 } }],
  ['and not where it is filtered', page('<ns>2</ns><restrictions>x</restrictions>'), { rows: 0, filteredPages: 1, filteredRevisions: 1 }],
  ['-0 is 0', page('<ns>-0</ns>'), { rows: 1 }],
]; // prettier-ignore

describe('a filter on pages', function () {
  const filter = { namespaces: [0, 14], redirects: false };
  for (const [what, xml, owed] of PAGES) {
    it(what, () => {
      const { counts, lines, quarantine } = convert(`<mediawiki>${xml}</mediawiki>`, {
        filter,
        maxRevisionBytes: 2000,
      });
      const { codes = [], ...numbers } = owed;
      assert.deepEqual(
        quarantine.map(({ code }) => code),
        codes,
      );
      const none = { ...NONE, pages: 1, pagesWithoutRevision: 0, partialPages: 0, quarantined: codes.length };
      assert.deepEqual(counts, { ...none, quarantineDropped: {}, unmapped: {}, ...numbers });
      assert.equal(lines.length, owed.rows);
    });
  }

  it('is the same by both engines on generated dumps, and leaves the rows that it keeps as they are', () => {
    let filtered = 0;
    fc.assert(
      fc.property(
        fc.array(generatedPage, { maxLength: 4 }),
        fc.constantFrom(...FILTERS, { namespaces: [0, 5, 7], redirects: false }),
        (pages, some) => {
          const xml = `<mediawiki>${pages.join('\n')}</mediawiki>`;
          const [whole, part] = [convert(xml), convert(xml, { filter: some })];
          const owed = whole.lines.filter((line) => isOwed(some, line));
          assert.deepEqual(part.lines, owed);
          assert.equal(part.counts.pages, whole.counts.pages);
          assert.ok(part.counts.quarantined <= whole.counts.quarantined);
          filtered += part.counts.filteredPages;
        },
      ),
      { numRuns: 150 },
    );
    assert.ok(filtered > 50, `${filtered} pages were filtered`);
  });
});
