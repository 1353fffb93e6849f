import assert from 'node:assert/strict';
import fc from 'fast-check';
import { outcomeOf } from './testing/engine-outcome.js';
import { FastEngine } from './fast-engine.js';
import { generatedHead, generatedPage, generatedRevision } from './testing/page-generators.js';
import { ReferenceEngine } from './reference-engine.js';
import { LONG_TESTS } from '@wikifleet/testing/extent';
import { expectedSamples } from '@wikifleet/testing/samples';
import { convert, lineOfValues, readSample } from './testing/test-tools.js';

/** Both are used over and over, as in a dump: what a unit leaves behind must not reach the next. */
const fast = new FastEngine();
const reference = new ReferenceEngine();
const fastValues = new FastEngine('values');
const referenceValues = new ReferenceEngine('values');
const page = reference.readPage('aawiki', Buffer.from('<title>A</title><ns>0</ns><id>7</id>'));

const pageOfValues = referenceValues.readPage('aawiki', Buffer.from('<title>A</title><ns>0</ns><id>7</id>'));

/** An outcome of which the row is values, with the row as a line. */
function asJson(outcome: unknown): unknown {
  const { line } = outcome as { line?: string };
  if (line === undefined) return outcome;
  const json = `${lineOfValues(Buffer.from(line, 'latin1'))}\n`;
  return { ...(outcome as object), line: Buffer.from(json, 'utf8').toString('latin1') };
}

function checkRevision(bytes: Buffer): void {
  const expected = outcomeOf(() => reference.readRevision(page, bytes));
  assert.deepEqual(
    outcomeOf(() => fast.readRevision(page, bytes)),
    expected,
  );
  const values = outcomeOf(() => referenceValues.readRevision(pageOfValues, bytes));
  assert.deepEqual(
    outcomeOf(() => fastValues.readRevision(pageOfValues, bytes)),
    values,
  );
  assert.deepEqual(asJson(values), expected);
}

function checkHead(bytes: Buffer): void {
  const expected = outcomeOf(() => reference.readPage('aawiki', bytes));
  assert.deepEqual(
    outcomeOf(() => fast.readPage('aawiki', bytes)),
    expected,
  );
  assert.deepEqual(
    outcomeOf(() => fastValues.readPage('aawiki', bytes)),
    outcomeOf(() => referenceValues.readPage('aawiki', bytes)),
  );
}

describe('both engines', function () {
  it('agree on generated revisions, of which the kernel reads many', () => {
    const before = fast.fallbacks.revisions;
    let runs = 0;
    fc.assert(
      fc.property(generatedRevision, (xml) => {
        runs += 1;
        checkRevision(Buffer.from(xml));
      }),
      { numRuns: LONG_TESTS ? 4000 : 1000 },
    );
    const taken = 1 - (fast.fallbacks.revisions - before) / runs;
    assert.ok(taken > 0.1 && taken < 0.9, `the kernel took ${taken}`);
  });

  it('agree on generated page heads, of which the kernel reads many', () => {
    const before = fast.fallbacks.pages;
    let runs = 0;
    fc.assert(
      fc.property(generatedHead, (xml) => {
        runs += 1;
        checkHead(Buffer.from(xml));
      }),
      { numRuns: LONG_TESTS ? 2000 : 500 },
    );
    const taken = 1 - (fast.fallbacks.pages - before) / runs;
    assert.ok(taken > 0.2 && taken < 0.9, `the kernel took ${taken}`);
  });

  it('agree on generated dumps', () => {
    fc.assert(
      // Compares what both engines make of it.
      fc.property(fc.array(generatedPage, { maxLength: 3 }), (pages) => {
        convert(`<mediawiki>${pages.join('\n')}</mediawiki>`);
      }),
      { numRuns: LONG_TESTS ? 500 : 150 },
    );
  });
});

/** So many pages, or with `WIKIFLEET_FUZZ_SECONDS=3600` as many as that time takes. */
const FUZZ_PAGES = 3000;
const FUZZ_SECONDS = Number(process.env['WIKIFLEET_FUZZ_SECONDS'] ?? 0);
const FUZZ_SEED = Number(process.env['WIKIFLEET_FUZZ_SEED'] ?? 1);
const SEEDS = [
  'history/aawiki-20260101-pages-meta-history.xml.bz2',
  'stubs/sample-stubs.gz',
  'multistream/pages-articles-p2566p2583.multistream.xml.bz2',
  'odd/wikidata-pages-articles-sample1.xml.bz2',
  'single-stream/aawiki-20260101-pages-meta-current.xml.bz2',
];
/** Longer pages would be mutated in their texts alone. */
const MOST_PAGE_BYTES = 8000;

const SNIPPETS = [
  '<', '>', '&', '"', "'", '/', ' ', '\n', '\t', '\r', '\0', '\x01', '\x1f', '\x7f', '\x80', '\xbf', '\xc0', '\xc3', '\xe2', '\xef\xbf\xbe',
  '\xef\xbf\xbf', '\xed\xa0\x80', '\xf0\x9f\x98\x80', '\xf4\x90\x80\x80', '\xff', ']]>', '<![CDATA[', '<!--', '-->', '<?', '&lt;', '&#', '&#65;',
  '&#x1F600;', '&#xFFFE;', '&nbsp;', ' />', '/>', '</', '<minor />', '<id>1</id>', '<text>', '</text>', '<text />', '<comment>', ' deleted="deleted"',
  ' bytes="1"', ' xml:space="preserve"', ' id="5"', '="', '-', '0', '<content><role>x</role>', '</content>', '<sha1 />', '</revision>', '<revision>', '<page>', '</page>',
]; // prettier-ignore

/** Small, fast, and the same on every machine (mulberry32). */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function mutate(page_: Buffer, random: (below: number) => number): Buffer {
  let bytes = page_;
  for (let left = 1 + random(3); left > 0; left -= 1) {
    let at = random(bytes.length);
    // Mostly beside a tag: most of what can go wrong is there.
    if (random(3) > 0) at = Math.max(0, bytes.indexOf(random(4) === 0 ? '&' : '<', at)) + random(14);
    const length = random(4) === 0 ? random(40) : random(3);
    const end = at + length;
    const snippet = Buffer.from(SNIPPETS[random(SNIPPETS.length)] ?? '', 'latin1');
    const middle = [
      (): Buffer => snippet,
      (): Buffer => Buffer.alloc(0),
      (): Buffer => Buffer.concat([bytes.subarray(at, end), bytes.subarray(at, end)]),
      (): Buffer => Buffer.from([(bytes[at] ?? 0) ^ (1 << random(8))]),
      (): Buffer => Buffer.concat([bytes.subarray(at, end), snippet]),
      (): Buffer => Buffer.from(bytes.subarray(random(bytes.length)).subarray(0, length)),
    ];
    bytes = Buffer.concat([bytes.subarray(0, at), middle[random(middle.length)]?.() ?? snippet, bytes.subarray(end)]);
  }
  return bytes;
}

function pagesOf(dump: Buffer): Buffer[] {
  const pages: Buffer[] = [];
  for (let from = dump.indexOf('<page>'); from >= 0; from = dump.indexOf('<page>', from + 1)) {
    const to = dump.indexOf('</page>', from) + '</page>'.length;
    if (to > from && to - from < MOST_PAGE_BYTES) pages.push(dump.subarray(from, to));
  }
  return pages;
}

describe('both engines, fuzzed', function () {
  this.timeout(1000 * (FUZZ_SECONDS + 30));

  it(`agree on mutated pages (${FUZZ_SECONDS > 0 ? `${FUZZ_SECONDS} s` : `${FUZZ_PAGES} of them`}, seed ${FUZZ_SEED})`, function () {
    if (expectedSamples() === null) {
      this.skip('the real dump samples beside the checkout (../shared/samples)');
    }
    const pages = SEEDS.flatMap((name) => pagesOf(readSample(name) ?? Buffer.alloc(0)));
    assert.ok(pages.length > 0);
    const random = randomFrom(FUZZ_SEED);
    const until = Date.now() + 1000 * FUZZ_SECONDS;
    const before = fast.fallbacks.revisions;
    let units = 0;
    for (let mutated = 0; FUZZ_SECONDS > 0 ? Date.now() < until : mutated < FUZZ_PAGES; mutated += 1) {
      const bytes = mutate(pages[random(pages.length)] ?? Buffer.alloc(0), random);
      try {
        const first = bytes.indexOf('<revision');
        const end = bytes.lastIndexOf('</page>');
        if (first > 6 && random(8) > 0) {
          checkHead(bytes.subarray(6, first));
          for (let from = first; from >= 0; units += 1) {
            const next = bytes.indexOf('<revision', from + 1);
            const unit = bytes.subarray(from, next < 0 ? Math.max(from, end) : next);
            checkRevision(unit.subarray(0, unit.lastIndexOf('>') + 1));
            from = next;
          }
        } else {
          const filter = { namespaces: random(2) === 0 ? null : [random(16)], redirects: random(2) === 0 };
          convert(bytes, { filter });
        }
      } catch (error) {
        console.log(`      they differ on ${JSON.stringify(bytes.toString('latin1'))} (latin1)`);
        throw error;
      }
    }
    const fallen = fast.fallbacks.revisions - before;
    assert.ok(fallen > 0 && fallen < units, `${fallen} of ${units} went to the reference`);
    console.log(`      ${units} revisions, of which ${fallen} went to the reference`);
  });
});
