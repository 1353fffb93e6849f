import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { LONG_TESTS } from '@wikifleet/testing/extent';
import { canonical, expectedSamples } from '@wikifleet/testing/samples';
import { convert, readSample } from './testing/test-tools.js';
import type { Converted } from './testing/test-tools.js';

const WHOLE = 'multistream/pages-articles-p2566p2583.multistream.xml.bz2';

/** What is owed for samples that are not well-formed as a whole. */
const MALFORMED: Record<
  string,
  { pages: number; rows: number; codes: string[]; hasRoot: boolean; hasEnd: boolean; like?: string }
> = {
  'multistream/pages-articles-p2566p2583.multistream-nofooter.xml.bz2': {
    pages: 17,
    rows: 17,
    codes: [],
    hasRoot: true,
    hasEnd: false,
    like: WHOLE,
  },
  'multistream/pages-articles-p2566p2583.multistream-noheader.xml.bz2': {
    pages: 17,
    rows: 17,
    codes: [],
    hasRoot: false,
    hasEnd: true,
    like: WHOLE,
  },
  // A revision whose text and end tag are missing.
  'odd/malformed/articles.xml.bz2': { pages: 1, rows: 0, codes: ['NOT_WELL_FORMED'], hasRoot: true, hasEnd: true },
  // Bare pages.
  'odd/malformed/page_sample.xml': { pages: 3, rows: 6, codes: [], hasRoot: false, hasEnd: false },
  // The beginning is cut off: what is left of the first page, then whole pages.
  'odd/malformed/testFormattingError.xml': {
    pages: 2,
    rows: 2,
    codes: ['BYTES_OUTSIDE_PAGES'],
    hasRoot: false,
    hasEnd: false,
  },
  'odd/malformed/testFormattingError2.xml': {
    pages: 2,
    rows: 2,
    codes: ['BYTES_OUTSIDE_PAGES'],
    hasRoot: false,
    hasEnd: false,
  },
  // A header alone.
  'odd/wikidata-pages-articles-sample4.xml-p4606p5340.bz2': {
    pages: 0,
    rows: 0,
    codes: [],
    hasRoot: true,
    hasEnd: false,
  },
  'odd/wikidata-pages-articles-sample4.xml-p5341p5345.bz2': {
    pages: 0,
    rows: 0,
    codes: [],
    hasRoot: true,
    hasEnd: false,
  },
};

/** Larger samples are cut in the long run only. */
const MAX_CUT_BYTES = 2_000_000;

/** What the rows have no column for, in the samples that hold any. */
const UNMAPPED: Record<string, Record<string, number>> = {
  'odd/schemas/input-0.6.xml': { sha1: 1 },
  'single-stream/enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2': { restrictions: 1 },
};

function digest(lines: readonly string[]): string {
  const hash = createHash('sha256');
  for (const line of lines) hash.update(`${canonical(line)}\n`);
  return hash.digest('hex');
}

/** A generator of its own: the same cuts in every run. */
function* randomCuts(length: number, mean: number): Generator<number> {
  let state = length % 2147483647;
  for (let at = 0; ;) {
    state = (state * 48271) % 2147483647;
    at += 1 + (state % (2 * mean));
    if (at >= length) return;
    yield at;
  }
}

function everyByte(length: number): number[] {
  return Array.from({ length: Math.max(0, length - 1) }, (_, index) => index + 1);
}

describe('samples', function () {
  this.timeout(120_000);
  const samples = expectedSamples();
  if (samples === null) {
    it.skip('(skipped: the real dump samples beside the checkout (../shared/samples))');
    return;
  }

  for (const [name, expected] of Object.entries(samples)) {
    it(name, function () {
      const bytes = readSample(name);
      if (bytes === null) {
        this.skip('bzip2 or python3');
      }
      const whole = convert(bytes);
      const isCut = MALFORMED[name]?.codes.includes('BYTES_OUTSIDE_PAGES') === true;
      assert.equal(whole.error, isCut ? 'BYTES_OUTSIDE_PAGES' : null);
      if (expected.malformed === undefined) {
        assert.deepEqual([whole.counts.pages, whole.counts.rows], [expected.pages, expected.rows]);
        assert.equal(digest(whole.lines), expected.sha256);
        assert.deepEqual(whole.quarantine, []);
        assert.equal(whole.counts.partialPages, 0);
        assert.ok(whole.endTag !== null && whole.head?.hasRoot === true && whole.head.failure === null);
      } else {
        checkMalformed(name, whole, samples[MALFORMED[name]?.like ?? '']?.sha256);
      }
      assert.deepEqual(whole.counts.unmapped, UNMAPPED[name] ?? {});
      if (bytes.length < MAX_CUT_BYTES || LONG_TESTS)
        assert.deepEqual(convert(bytes, {}, randomCuts(bytes.length, bytes.length > 1e6 ? 100_000 : 300)), whole);
      if (bytes.length < (LONG_TESTS ? 300_000 : 50_000))
        assert.deepEqual(convert(bytes, {}, everyByte(bytes.length)), whole);
    });
  }
});

function checkMalformed(name: string, got: Converted, sha256: string | undefined): void {
  const owed = MALFORMED[name];
  assert.ok(owed !== undefined, 'a malformed sample that this test does not know');
  const { pages, rows, partialPages, quarantined } = got.counts;
  assert.deepEqual([pages, rows, quarantined], [owed.pages, owed.rows, owed.codes.length]);
  assert.equal(partialPages, owed.codes.includes('NOT_WELL_FORMED') ? 1 : 0);
  assert.deepEqual(
    got.quarantine.map((record) => record.code),
    owed.codes,
  );
  assert.deepEqual([got.head?.hasRoot, got.endTag !== null], [owed.hasRoot, owed.hasEnd]);
  if (sha256 !== undefined) {
    // The file without a header cannot know its wiki.
    const lines = got.lines.map((line) => line.replace('{"wiki_id":"unknown"', '{"wiki_id":"elwikivoyage"'));
    assert.equal(digest(lines), sha256);
  }
}
