import assert from 'node:assert/strict';
import fc from 'fast-check';
import { PermanentError } from './errors.js';
import {
  MAX_JOB_CHARACTERS,
  MAX_REPAIRED_SPLITS,
  convertJobOf,
  downloadJobOf,
  parseConvertJob,
  parseDownloadJob,
  serializeJob,
  splitsOf,
} from './jobs.js';
import type { ConvertJob, DownloadJob } from './jobs.js';
import { MAX_NAMESPACES } from './page-filter.js';
import { COMPRESSIONS, DEFAULT_SETTINGS, sealPlan } from './plan.js';
import type { Plan } from './plan.js';
import { KINDS } from './run.js';
import { COLUMN_NAMES } from './row-columns.js';
import { TEXT_COLUMNS, TEXT_EXTRAS } from './text-columns.js';

const PLAN: Plan = sealPlan({
  run: { kind: 'articles', wiki: 'aawiki', date: '2026-10-01' },
  vouchedBy: 'dumpstatus',
  settings: {
    ...DEFAULT_SETTINGS,
    splitBytes: 1000,
  },
  files: [{ file: 'a.bz2', path: 'aawiki/20261001/a.bz2', size: 10, checksum: null }],
  supersedes: [],
});
const OBJECT = { size: 10, sha256: 'a'.repeat(64) };
const SPLIT = { index: 0, count: 1, start: 0, end: 10 };
const [PLAN_FILE] = PLAN.files;
assert.ok(PLAN_FILE);
const DOWNLOAD: DownloadJob = downloadJobOf(PLAN, PLAN_FILE);
const CONVERT: ConvertJob = convertJobOf(PLAN, 'a.bz2', SPLIT, OBJECT);

/** The body of the convert job, with `text` in place of the split's end. */
function withEnd(text: string): string {
  return JSON.stringify(CONVERT).replace('"end":10', `"end":${text}`);
}

function isMalformed(error: unknown): boolean {
  return (
    error instanceof PermanentError && error.code === 'JOB_MALFORMED' && error.message.startsWith('a message is no')
  );
}

describe('messages that are no jobs', () => {
  const split = (change: object): string => JSON.stringify({ ...CONVERT, split: { ...SPLIT, ...change } });
  const converts: [what: string, body: string][] = [
    ['nothing', ''],
    ['no JSON', '{"version":1,'],
    ['JSON with a tail', `${JSON.stringify(CONVERT)}x`],
    ['null', 'null'],
    ['a number', '1'],
    ['an array', `[${JSON.stringify(CONVERT)}]`],
    ['deep nesting', '['.repeat(MAX_JOB_CHARACTERS)],
    ['1 MiB', JSON.stringify({ ...CONVERT, file: 'a'.repeat(1024 * 1024) })],
    ['1 MiB of white space around a job', JSON.stringify(CONVERT) + ' '.repeat(1024 * 1024)],
    ['a download job', JSON.stringify(DOWNLOAD)],
    ['another version', JSON.stringify({ ...CONVERT, version: 2 })],
    ['the version as text', JSON.stringify({ ...CONVERT, version: '1' })],
    ['a file that climbs', JSON.stringify({ ...CONVERT, file: '../../plan.json' })],
    ['a wiki that climbs', JSON.stringify({ ...CONVERT, run: { ...PLAN.run, wiki: '..' } })],
    ['a plan that climbs', JSON.stringify({ ...CONVERT, planId: '../..' })],
    ['an unknown field', JSON.stringify({ ...CONVERT, also: 1 })],
    ['an unknown field within', JSON.stringify({ ...CONVERT, object: { ...OBJECT, bucket: 'mine' } })],
    ['a prototype', JSON.stringify(CONVERT).replace('{', '{"__proto__":{"admin":true},')],
    ['a constructor', JSON.stringify(CONVERT).replace('{', '{"constructor":{"prototype":{}},')],
    ['an end of NaN', withEnd('NaN')],
    ['an end of 1e400', withEnd('1e400')],
    ['an end of null', withEnd('null')],
    ['an end past 2^53', withEnd('9007199254740993')],
    ['a negative end', withEnd('-1')],
    ['half a byte', withEnd('9.5')],
    ['an end before the start', split({ start: 10, end: 9 })],
    ['an index past the count', split({ index: 1 })],
    ['no split', split({ count: 0 })],
    ['100,000 splits', split({ count: 100_000 })],
    ['a hash that is too short', JSON.stringify({ ...CONVERT, object: { ...OBJECT, sha256: 'ab' } })],
    ['an object with more than a size and a hash', JSON.stringify({ ...CONVERT, object: { ...OBJECT, key: 'x' } })],
    ['a repair with a short id', JSON.stringify({ ...CONVERT, repair: 'ab' })],
  ];
  for (const [what, body] of converts) {
    it(`refuses ${what}`, () => {
      assert.throws(() => parseConvertJob(body), isMalformed);
      // what it is not, it is not for the other reader either
      if (what !== 'a download job') assert.throws(() => parseDownloadJob(body), isMalformed);
    });
  }

  for (const change of [
    { size: -1 },
    { size: 'x' },
    { path: '../a' },
    { path: '' },
    { checksum: 'ab' },
    { split: SPLIT },
    { repair: 'ab' },
    { repair: { id: '0123456789abcdef', splits: 'some', refetch: false } },
    { repair: { id: '0123456789abcdef', splits: [-1], refetch: false } },
    { repair: { id: '0123456789abcdef', splits: Array.from({ length: 2001 }, (_, i) => i), refetch: false } },
  ]) {
    it(`refuses a download job with ${JSON.stringify(change)}`, () => {
      assert.throws(() => parseDownloadJob(JSON.stringify({ ...DOWNLOAD, ...change })), isMalformed);
    });
  }

  it('is not polluted by what it refuses, and says little of it', () => {
    assert.throws(() => parseConvertJob('{"__proto__":{"polluted":1}}'), isMalformed);
    assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false);
    assert.throws(
      () => parseConvertJob(JSON.stringify({ ...CONVERT, ['k'.repeat(10_000)]: 1, also: 2 })),
      (error) => isMalformed(error) && error instanceof Error && error.message.length < 2000,
    );
  });

  it('does not write what it would not read', () => {
    assert.throws(() => serializeJob({ ...CONVERT, file: 'a/b' }), isMalformed);
    assert.throws(
      () => serializeJob({ ...DOWNLOAD, size: Number.NaN }),
      (error) => error instanceof PermanentError,
    );
  });
});

describe('jobs', () => {
  const hex = (length: number): fc.Arbitrary<string> =>
    fc.string({ unit: fc.constantFrom(...Array.from('0123456789abcdef')), minLength: length, maxLength: length });
  const name = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,199}$/);
  const run = fc.record({
    kind: fc.constantFrom(...KINDS),
    wiki: name,
    date: fc.constantFrom('2026-10-01', '2024-02-29'),
  });
  const size = fc.maxSafeNat();
  const split = fc.tuple(fc.nat(99_998), fc.nat(99_998), size, size).map(([a, b, x, y]) => ({
    index: Math.min(a, b),
    count: Math.max(a, b) + 1,
    start: Math.min(x, y),
    end: Math.max(x, y),
  }));
  const checksum = fc.oneof(
    fc.constant(null),
    hex(32).map((value) => ({ algorithm: 'md5' as const, value })),
    hex(64).map((value) => ({ algorithm: 'sha256' as const, value })),
  );

  it('go there and back (convert)', () => {
    // the longest there may be among them: a job's message holds it
    const namespaces = fc
      .uniqueArray(fc.integer({ min: -(10 ** 14), max: 10 ** 14 }), { minLength: 1, maxLength: MAX_NAMESPACES })
      .map((list) => list.sort((a, b) => a - b));
    const job: fc.Arbitrary<ConvertJob> = fc.record({
      version: fc.constant(1 as const),
      type: fc.constant('convert' as const),
      planId: hex(16),
      run,
      file: name,
      split,
      object: fc.record({ size, sha256: hex(64) }),
      settings: fc.record({
        splitBytes: fc.integer({ min: 1 }),
        format: fc.constant('parquet' as const),
        compression: fc.constantFrom(...COMPRESSIONS),
        rowsVersion: fc.nat(9),
        partsVersion: fc.nat(9),
        namespaces: fc.option(namespaces),
        redirects: fc.boolean(),
        extract: fc.subarray([...TEXT_COLUMNS]),
        keepInText: fc.subarray([...TEXT_EXTRAS]),
        columns: fc.option(fc.subarray([...COLUMN_NAMES])),
      }),
      repair: fc.option(hex(16)),
    });
    fc.assert(
      fc.property(job, (value) => {
        const body = serializeJob(value);
        assert.ok(body.length < MAX_JOB_CHARACTERS);
        assert.equal(JSON.stringify(parseConvertJob(body)), JSON.stringify(value));
      }),
    );
  });

  it('go there and back (download)', () => {
    const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));
    const repaired = fc.oneof(
      fc.constant('all' as const),
      fc.array(fc.nat(99_998), { maxLength: MAX_REPAIRED_SPLITS, size: 'max' }),
    );
    const job: fc.Arbitrary<DownloadJob> = fc.record({
      version: fc.constant(1 as const),
      type: fc.constant('download' as const),
      planId: hex(16),
      run,
      file: name,
      path,
      size: fc.option(size),
      checksum,
      repair: fc.option(fc.record({ id: hex(16), splits: repaired, refetch: fc.boolean() })),
    });
    fc.assert(
      fc.property(job, (value) => {
        const body = serializeJob(value);
        assert.ok(body.length < MAX_JOB_CHARACTERS);
        assert.equal(JSON.stringify(parseDownloadJob(body)), JSON.stringify(value));
      }),
    );
  });
});

describe('splitsOf', () => {
  it('refuses more splits than their numbers have digits for', () => {
    assert.throws(
      () => splitsOf(100_000, 1),
      (error) => error instanceof PermanentError && error.code === 'TOO_MANY_SPLITS',
    );
    assert.throws(() => splitsOf(Number.MAX_SAFE_INTEGER, 1), PermanentError);
    assert.equal(splitsOf(99_999, 1).length, 99_999);
  });

  it('makes one of an empty object, and of any where the plan says so', () => {
    assert.deepEqual(splitsOf(0, 32), [{ index: 0, count: 1, start: 0, end: 0 }]);
    assert.deepEqual(splitsOf(0, null), [{ index: 0, count: 1, start: 0, end: 0 }]);
    assert.deepEqual(splitsOf(2 ** 50, null), [{ index: 0, count: 1, start: 0, end: 2 ** 50 }]);
  });

  for (const [size, splitBytes, ends] of [
    [32, 32, [32]],
    [31, 32, [31]],
    [33, 32, [32, 33]],
    [64, 32, [32, 64]],
  ] as const) {
    it(`cuts ${size} bytes by ${splitBytes} at ${ends.join(', ')}`, () => {
      assert.deepEqual(
        splitsOf(size, splitBytes).map(({ end }) => end),
        ends,
      );
    });
  }

  it('covers every byte once, in order', () => {
    const sizes = fc
      .tuple(fc.integer({ min: 1, max: 2 ** 40 }), fc.integer({ min: 1, max: 500 }))
      .chain(([splitBytes, count]) =>
        fc.tuple(
          fc.integer({ min: 0, max: Math.min(Number.MAX_SAFE_INTEGER, splitBytes * count) }),
          fc.constant(splitBytes),
        ),
      );
    fc.assert(
      fc.property(sizes, ([size, splitBytes]) => {
        const splits = splitsOf(size, splitBytes);
        assert.equal(splits.length, Math.max(1, Math.ceil(size / splitBytes)));
        let at = 0;
        for (const [index, split] of splits.entries()) {
          assert.equal(split.index, index);
          assert.equal(split.count, splits.length);
          assert.equal(split.start, at);
          assert.ok(split.end - split.start <= splitBytes && (split.end > split.start || size === 0));
          at = split.end;
        }
        assert.equal(at, size);
      }),
    );
  });
});
