import assert from 'node:assert/strict';
import {
  fileManifestResult,
  fileManifestSchema,
  runManifestResult,
  runManifestSchema,
  sealManifest,
} from './manifests.js';
import { DEFAULT_SETTINGS, sealPlan } from './plan.js';
import { emptyCounts, failureSchema, receiptSchema, sealReceipt, splitResultSchema } from './receipts.js';
import type { Receipt } from './receipts.js';
import { NO_SEQUENCE } from './sequence.js';

const RUN = { kind: 'articles', wiki: 'awiki', date: '2026-10-01' } as const;
const FILE = { file: 'a.bz2', path: 'a/a.bz2', size: 100, checksum: null };
const SHA = 'a'.repeat(64);
const PLAN = sealPlan({
  run: RUN,
  vouchedBy: 'listing',
  settings: {
    ...DEFAULT_SETTINGS,
    splitBytes: 100,
  },
  files: [FILE],
  supersedes: [],
});
const { planId } = PLAN;
const RESULT = splitResultSchema.parse({
  planId,
  run: RUN,
  file: FILE.file,
  split: { index: 0, count: 1, start: 0, end: 100 },
  object: { size: 100, sha256: SHA },
  rowsVersion: 1,
  sequence: NO_SEQUENCE,
  firstBlock: null,
  nextBlock: null,
  rejectedCandidates: [],
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
  counts: emptyCounts(),
  part: null,
  members: [],
  index: null,
  quarantine: null,
});
const RAW = {
  planId,
  run: RUN,
  file: FILE.file,
  size: 100,
  sha256: SHA,
  upstreamChecksum: null,
  splitBytes: 100,
  compressor: null,
};
const AT = '2026-10-01T00:00:00.000Z';
const ATTEMPT = { startedAt: AT, finishedAt: AT, seconds: 1, host: 'here', receiveCount: 1 };
const stored = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('what only informs', () => {
  // what a clock that stepped back, or an absurd host, gives
  const attempts: [string, unknown, Receipt['run']][] = [
    ['negative seconds', { ...ATTEMPT, seconds: -1 }, { ...ATTEMPT, seconds: null }],
    ['seconds that are no number', { ...ATTEMPT, seconds: Number.NaN }, { ...ATTEMPT, seconds: null }],
    [
      'an end before the beginning',
      { ...ATTEMPT, finishedAt: '2026-09-30T00:00:00.000Z' },
      { ...ATTEMPT, finishedAt: '2026-09-30T00:00:00.000Z' },
    ],
    ['a year of six digits', { ...ATTEMPT, startedAt: '+275760-09-13T00:00:00.000Z' }, { ...ATTEMPT, startedAt: null }],
    ['a host of a million characters', { ...ATTEMPT, host: 'x'.repeat(1_000_000) }, { ...ATTEMPT, host: null }],
    ['a host that is no text', { ...ATTEMPT, host: 7 }, { ...ATTEMPT, host: null }],
    ['a receive count of -1', { ...ATTEMPT, receiveCount: -1 }, { ...ATTEMPT, receiveCount: null }],
    ['more than is known', { ...ATTEMPT, cpu: 'arm64' }, ATTEMPT],
    ['nothing', {}, { startedAt: null, finishedAt: null, seconds: null, host: null, receiveCount: null }],
    ['null', null, null],
    ['no object', 'yesterday', null],
    ['an attempt', ATTEMPT, ATTEMPT],
  ];
  for (const [what, given, expected] of attempts) {
    it(`does not make a receipt unreadable: ${what}`, () => {
      const sealed = sealReceipt(RESULT, ATTEMPT);
      assert.deepEqual(receiptSchema.parse(stored({ ...sealed, run: given })).run, expected);
      // and is not written in the first place
      assert.deepEqual(sealReceipt(RESULT, given as Receipt['run']).run, expected);
    });
  }

  it('may be missing in a receipt and in manifests', () => {
    const { run: _, ...receipt } = sealReceipt(RESULT, ATTEMPT);
    assert.equal(receiptSchema.parse(stored(receipt)).run, null);
    const result = fileManifestResult(PLAN, FILE, RAW, [RESULT]);
    const { run: __, ...file } = sealManifest(result, { closedAt: AT, host: 'here' });
    assert.equal(fileManifestSchema.parse(stored(file)).state, 'closed');
    const ofRun = sealManifest(runManifestResult(PLAN, [result]), { closedAt: 'now', host: 'x'.repeat(300) });
    assert.deepEqual(ofRun.run, { closedAt: null, host: null });
    for (const run of [ofRun.run, {}, { closedAt: 7, host: [] }, { closedAt: AT, host: 'h', more: 1 }, 'x', null]) {
      assert.equal(runManifestSchema.parse(stored({ ...ofRun, run })).state, 'closed');
    }
  });

  it('is all that is read so: a result that was changed is refused', () => {
    const sealed = sealReceipt(RESULT, ATTEMPT);
    const changed = { ...sealed, result: { ...RESULT, rowsVersion: 2 } };
    assert.equal(receiptSchema.safeParse(stored(changed)).success, false);
    const more = { ...sealed, result: { ...RESULT, more: 1 } };
    assert.equal(receiptSchema.safeParse(stored(more)).success, false);
  });

  it('does not make a failure unreadable', () => {
    const failure = {
      version: 1,
      file: 'a.bz2',
      stage: 'file',
      code: 'X',
      message: 'why',
      place: null,
      expected: null,
      received: null,
      attempts: -1,
      written: { pages: -1, rows: 0 },
      at: '+275760-09-13T00:00:00.000Z',
      retriedAt: 'soon',
    };
    const { attempts: tried, written, at, retriedAt, code } = failureSchema.parse(failure);
    assert.deepEqual([tried, written, at, retriedAt, code], [0, null, '1970-01-01T00:00:00.000Z', null, 'X']);
  });
});
