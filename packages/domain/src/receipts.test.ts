import assert from 'node:assert/strict';
import fc from 'fast-check';
import { digestOf } from './digest.js';
import { leavesOf, setAt } from './testing/json-leaves.js';
import {
  fileManifestResult,
  fileManifestSchema,
  runManifestResult,
  runManifestSchema,
  sealManifest,
} from './manifests.js';
import { DEFAULT_SETTINGS, sealPlan } from './plan.js';
import type { Plan } from './plan.js';
import {
  emptyCounts,
  rawRecordSchema,
  receiptFits,
  receiptSchema,
  sealRawRecord,
  sealReceipt,
  splitResultSchema,
  sumCounts,
} from './receipts.js';
import type { Counts, RawResult, SplitResult } from './receipts.js';
import { NO_SEQUENCE } from './sequence.js';
import { mostFrequentTemplates } from './text-columns.js';

const RUN = { kind: 'articles', wiki: 'aawiki', date: '2026-10-01' } as const;
const SHA = 'a'.repeat(64);
const FILE_NAME = 'a.bz2';
const PLAN_FILE = {
  file: FILE_NAME,
  path: 'x/a.bz2',
  size: 100,
  checksum: { algorithm: 'md5', value: '0'.repeat(32) },
} as const;
const PLAN: Plan = sealPlan({
  run: RUN,
  vouchedBy: 'listing',
  settings: {
    ...DEFAULT_SETTINGS,
    splitBytes: 50,
  },
  files: [PLAN_FILE],
  supersedes: [],
});
const PLAN_ID = PLAN.planId;
const RAW: RawResult = {
  planId: PLAN_ID,
  run: RUN,
  file: FILE_NAME,
  size: 100,
  sha256: SHA,
  upstreamChecksum: PLAN_FILE.checksum,
  splitBytes: 50,
  compressor: 'gzip:0123456789abcdef',
};

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
    rejectedCandidates: [],
    firstPage: null,
    nextPage: null,
    sequence: NO_SEQUENCE,
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

describe('receiptFits', () => {
  const { split } = FIRST;
  const newer: Plan = { ...PLAN, settings: { ...PLAN.settings, rowsVersion: 2 } };
  const unfit: [what: string, plan: Plan, raw: RawResult, received: typeof split][] = [
    ['another plan', { ...PLAN, planId: 'f'.repeat(16) }, RAW, split],
    ['another file', PLAN, { ...RAW, file: 'b.bz2' }, split],
    ['another size', PLAN, { ...RAW, size: 101 }, split],
    ['other bytes', PLAN, { ...RAW, sha256: 'b'.repeat(64) }, split],
    ['another index', PLAN, RAW, { ...split, index: 1 }],
    ['another count', PLAN, RAW, { ...split, count: 3 }],
    ['another start', PLAN, RAW, { ...split, start: 1 }],
    ['another end', PLAN, RAW, { ...split, end: 49 }],
    ['other rows', newer, RAW, split],
  ];
  for (const [what, plan, raw, received] of unfit) {
    it(`does not for ${what}`, () => {
      assert.equal(receiptFits(FIRST, plan, raw, received), false);
    });
  }

  it('does for its own split', () => {
    assert.equal(receiptFits(FIRST, PLAN, RAW, split), true);
  });
});

describe('what is sealed', () => {
  const run = { startedAt: '2026-10-02T00:00:00.000Z', finishedAt: '2026-10-02T00:00:01.000Z', seconds: 1 };
  const attempt = { id: '0b7e9c1a-8f7e-4a39-9f0e-000000000000', etag: '"e"', mirror: 'm', repair: null };
  const closed = { closedAt: '2026-10-02T00:00:00.000Z', host: 'h' };
  const file = fileManifestResult(PLAN, PLAN_FILE, RAW, [result(0), result(1)]);
  const objects = [
    ['a receipt', receiptSchema, sealReceipt(FIRST, { ...run, host: 'h', receiveCount: 1 }, ['0123456789abcdef'])],
    ['a raw object record', rawRecordSchema, sealRawRecord(RAW, attempt)],
    ["a file's manifest", fileManifestSchema, sealManifest(file, closed)],
    ["a run's manifest", runManifestSchema, sealManifest(runManifestResult(PLAN, [file]), closed)],
  ] as const;
  for (const [what, schema, object] of objects) {
    it(`${what} is read as it was written`, () => {
      assert.deepEqual(schema.parse(JSON.parse(JSON.stringify(object))), object);
    });

    it(`any edit of the result of ${what} is noticed`, () => {
      const leaves = leavesOf(object).filter(([first]) => first === 'result' || first === 'digest');
      fc.assert(
        fc.property(fc.constantFrom(...leaves), fc.oneof(fc.jsonValue(), fc.nat(20)), (path, value) => {
          const edited = JSON.parse(JSON.stringify(object)) as object;
          const before = setAt(edited, path, value);
          fc.pre(JSON.stringify(before) !== JSON.stringify(value));
          assert.equal(schema.safeParse(edited).success, false, path.join('.'));
        }),
      );
    });
  }

  it('a receipt names each repair once, in one order', () => {
    const made = sealReceipt(FIRST, { ...run, host: 'h', receiveCount: 1 }, ['b', 'a', 'b']);
    assert.deepEqual(made.repairs, ['a', 'b']);
  });
});

describe('sumCounts', () => {
  const name = fc.constantFrom('a', 'b', 'restrictions', 'upload', 'Zebra', 'constructor', 'ä', '𝒳', 'ﬁ');
  const calls = fc.record({ rendered: fc.nat(), dropped: fc.nat() });
  const counts: fc.Arbitrary<Counts> = fc.record({
    pages: fc.nat(),
    rows: fc.nat(),
    pagesWithoutRevision: fc.nat(),
    partialPages: fc.nat(),
    quarantined: fc.nat(),
    quarantineDropped: fc.dictionary(name, fc.nat(), { noNullPrototype: true }),
    filteredPages: fc.nat(),
    filteredRevisions: fc.nat(),
    pagesWithoutNamespace: fc.nat(),
    textsRefused: fc.dictionary(name, fc.nat(), { noNullPrototype: true }),
    textsFlattened: fc.nat(),
    templates: fc.dictionary(name, calls, { noNullPrototype: true }),
    otherTemplates: calls,
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

  it('keeps the most frequent templates by name, and the sum of all', () => {
    const calls = { a: { rendered: 1, dropped: 1 }, b: { rendered: 0, dropped: 5 }, c: { rendered: 2, dropped: 0 } };
    const all = { templates: calls, otherTemplates: { rendered: 1, dropped: 2 } };
    assert.deepEqual(mostFrequentTemplates(all, 3), all);
    assert.deepEqual(mostFrequentTemplates(all, 2), {
      templates: { a: calls.a, b: calls.b },
      otherTemplates: { rendered: 3, dropped: 2 },
    });
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
  const plan = PLAN;
  const planFile = PLAN_FILE;
  const results = [result(0), result(1)];
  const run = { closedAt: '2026-10-02T00:00:00.000Z', host: 'h' };

  it('of no split is an error', () => {
    assert.throws(() => fileManifestResult(plan, planFile, RAW, []), RangeError);
  });

  it('of a file says what it is made of, in the order of its splits', () => {
    const made = fileManifestResult(plan, planFile, RAW, results);
    assert.deepEqual(fileManifestSchema.parse(sealManifest(made, run)), sealManifest(made, run));
    assert.equal(made.rawRecord, digestOf(RAW));
    assert.deepEqual(made.receipts, results.map(digestOf));
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
    const [a, b] = [fileManifestResult(plan, planFile, RAW, results), fileManifestResult(plan, planFile, RAW, again)];
    assert.equal(JSON.stringify(a), JSON.stringify(b));
    const of = runManifestResult(plan, [a]);
    assert.equal(JSON.stringify(of), JSON.stringify(runManifestResult(plan, [b])));
    assert.deepEqual(runManifestSchema.parse(sealManifest(of, run)), sealManifest(of, run));
    assert.equal(of.plan, plan.digest);
    assert.deepEqual(of.files, [
      {
        file: FILE_NAME,
        manifest: digestOf(a),
        size: 100,
        sha256: SHA,
        upstreamChecksum: planFile.checksum,
        pages: 3,
        rows: 30,
        quarantined: 0,
        filteredPages: 0,
        pageOrder: { descents: 0, firstDescent: null },
        parts: 2,
        pageIds: { first: 1, last: 7 },
      },
    ]);
    assert.equal(of.vouchedBy, 'listing');
  });

  it('leave what they are made of as it is', () => {
    const before = JSON.stringify(results);
    sumCounts(results.map(({ counts }) => counts));
    fileManifestResult(plan, planFile, RAW, results);
    assert.equal(JSON.stringify(results), before);
  });
});
