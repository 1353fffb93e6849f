import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fileManifestResult, fileManifestSchema, runManifestResult, runManifestSchema } from './manifests.js';
import type { Plan } from './plan.js';
import { emptyCounts, receiptFits, splitResultSchema, sumCounts } from './receipts.js';
import type { Counts, SplitResult } from './receipts.js';

const RUN = { kind: 'articles', wiki: 'aawiki', date: '2026-10-01' } as const;
const SHA = 'a'.repeat(64);
const [FILE_NAME, PLAN_ID] = ['a.bz2', '0123abcd'];

function result(index: number, change: Partial<SplitResult> = {}): SplitResult {
  return splitResultSchema.parse({
    planId: PLAN_ID,
    run: RUN,
    file: FILE_NAME,
    split: { index, count: 2, start: index * 50, end: index * 50 + 50 },
    object: { size: 100, sha256: SHA },
    rowsVersion: 1,
    firstBlock: null,
    nextBlock: null,
    passedOver: [],
    firstPage: null,
    nextPage: null,
    head: {
      firstBlock: 32,
      bytes: 10,
      end: { block: 32, offset: 10 },
      followedBy: 'page',
      hasRoot: true,
      dbname: null,
      encoding: 'utf-8',
    },
    counts: { ...emptyCounts(), pages: index + 1, rows: 10 * (index + 1), unmapped: { zebra: 1, ant: index } },
    part: { key: `part-${index}`, size: 5, sha256: SHA },
    members: [
      { offset: 0, length: 3, rows: 1, firstPageId: 4 - index, lastPageId: 4 },
      { offset: 3, length: 2, rows: 9, firstPageId: 1 + index, lastPageId: 6 + index },
    ],
    index: null,
    quarantine: index === 0 ? null : { key: 'quarantine', size: 1, sha256: SHA },
    ...change,
  });
}

const FIRST = result(0);
const JOB = { planId: PLAN_ID, file: FILE_NAME, split: FIRST.split, object: { size: 100, sha256: SHA } };

describe('receiptFits', () => {
  const unfit: [what: string, job: typeof JOB, rowsVersion: number][] = [
    ['another plan', { ...JOB, planId: 'ffffffff' }, 1],
    ['another file', { ...JOB, file: 'b.bz2' }, 1],
    ['another size', { ...JOB, object: { ...JOB.object, size: 101 } }, 1],
    ['other bytes', { ...JOB, object: { ...JOB.object, sha256: 'b'.repeat(64) } }, 1],
    ['another index', { ...JOB, split: { ...JOB.split, index: 1 } }, 1],
    ['another count', { ...JOB, split: { ...JOB.split, count: 3 } }, 1],
    ['another start', { ...JOB, split: { ...JOB.split, start: 1 } }, 1],
    ['another end', { ...JOB, split: { ...JOB.split, end: 49 } }, 1],
    ['other rows', JOB, 2],
  ];
  for (const [what, job, rowsVersion] of unfit) {
    it(`does not for ${what}`, () => {
      assert.equal(receiptFits(FIRST, job, rowsVersion), false);
    });
  }

  it('does for its own job, whoever fetched the raw object', () => {
    const object = { ...JOB.object, attemptId: 'another-attempt' };
    assert.equal(receiptFits(FIRST, { ...JOB, object }, 1), true);
  });
});

describe('sumCounts', () => {
  const name = fc.constantFrom('a', 'b', 'restrictions', 'upload', 'Zebra', 'constructor', 'ä', '𝒳', 'ﬁ');
  const counts: fc.Arbitrary<Counts> = fc.record({
    pages: fc.nat(),
    rows: fc.nat(),
    pagesWithoutRevision: fc.nat(),
    partialPages: fc.nat(),
    quarantined: fc.nat(),
    filteredPages: fc.nat(),
    filteredRevisions: fc.nat(),
    pagesWithoutNamespace: fc.nat(),
    plainTextRefused: fc.dictionary(name, fc.nat(), { noNullPrototype: true }),
    unmapped: fc.dictionary(name, fc.nat(), { noNullPrototype: true }),
  });

  it('is nothing for nothing', () => {
    assert.deepEqual(sumCounts([]), emptyCounts());
  });

  it('has the same bytes in whatever order, and however it is grouped', () => {
    fc.assert(
      fc.property(fc.array(counts, { maxLength: 8 }), fc.nat(8), (all, cut) => {
        const bytes = JSON.stringify(sumCounts(all));
        assert.equal(JSON.stringify(sumCounts(all.toReversed())), bytes);
        assert.equal(JSON.stringify(sumCounts([sumCounts(all.slice(0, cut)), sumCounts(all.slice(cut))])), bytes);
      }),
    );
  });

  it('loses no element', () => {
    const { unmapped } = sumCounts([
      { ...emptyCounts(), unmapped: { b: 1, a: 2 } },
      { ...emptyCounts(), unmapped: { constructor: 3, a: 5 } },
    ]);
    assert.deepEqual(Object.entries(unmapped), [
      ['a', 7],
      ['b', 1],
      ['constructor', 3],
    ]);
  });
});

describe('manifests', () => {
  const planFile = {
    file: FILE_NAME,
    path: 'x/a.bz2',
    size: 100,
    checksum: { algorithm: 'md5', value: '0'.repeat(32) },
  } as const;
  const plan: Plan = {
    version: 1,
    planId: PLAN_ID,
    run: RUN,
    vouchedBy: 'listing',
    settings: {
      splitBytes: 50,
      format: 'jsonl',
      compression: 'gzip',
      rowsVersion: 1,
      namespaces: null,
      redirects: true,
      plainText: false,
    },
    files: [planFile],
  };
  const results = [result(0), result(1)];
  const run = { closedAt: '2026-10-02T00:00:00.000Z', host: 'h' };

  it('of no split is an error', () => {
    assert.throws(() => fileManifestResult(plan, planFile, []), RangeError);
  });

  it('of a file says what it is made of, in the order of its splits', () => {
    const made = fileManifestResult(plan, planFile, results);
    assert.deepEqual(fileManifestSchema.parse({ version: 1, result: made, run }).result, made);
    assert.deepEqual(
      made.parts.map(({ key, rows, pages, split, pageIds }) => [key, split.index, rows, pages, pageIds]),
      [
        ['part-0', 0, 10, 1, { first: 1, last: 6 }],
        ['part-1', 1, 20, 2, { first: 2, last: 7 }],
      ],
    );
    assert.deepEqual(made.quarantine, [results[1]?.quarantine]);
    assert.equal(made.counts.rows, 30);
    assert.deepEqual(made.upstreamChecksum, planFile.checksum);
  });

  it('are pure: the same input gives the same bytes, also after a way through JSON', () => {
    const again = results.map((r) => splitResultSchema.parse(JSON.parse(JSON.stringify(r))));
    const [a, b] = [fileManifestResult(plan, planFile, results), fileManifestResult(plan, planFile, again)];
    assert.equal(JSON.stringify(a), JSON.stringify(b));
    const of = runManifestResult(plan, [a]);
    assert.equal(JSON.stringify(of), JSON.stringify(runManifestResult(plan, [b])));
    assert.deepEqual(runManifestSchema.parse({ version: 1, result: of, run }).result, of);
    assert.deepEqual(of.files, [
      {
        file: FILE_NAME,
        size: 100,
        sha256: SHA,
        upstreamChecksum: planFile.checksum,
        pages: 3,
        rows: 30,
        quarantined: 0,
        filteredPages: 0,
        parts: 2,
        pageIds: { first: 1, last: 7 },
      },
    ]);
    assert.equal(of.vouchedBy, 'listing');
  });

  it('leave what they are made of as it is', () => {
    const before = JSON.stringify(results);
    sumCounts(results.map(({ counts }) => counts));
    fileManifestResult(plan, planFile, results);
    assert.equal(JSON.stringify(results), before);
  });
});
