import assert from 'node:assert/strict';
import { parseDownloadJob } from '@wikifleet/domain/jobs';
import { PermanentError } from '@wikifleet/domain/errors';
import { fileManifestKey } from '@wikifleet/domain/keys';
import type { Plan } from '@wikifleet/domain/plan';
import { close } from './closing.js';
import { enqueueMissing } from './enqueue.js';
import { failureOf, markRetried, readFailures, writeFailure } from './failures.js';
import { readFileManifest, readRunManifest, revokeManifests } from './manifests.js';
import { settlePlan } from './plans.js';
import { contradictionOfRecord, headOfRawObject, rawKeyOf, readRawRecord } from './raw-records.js';
import {
  ATTEMPT,
  SIZE,
  fileOf,
  newDraft,
  overriding,
  recordOf,
  startMemoryS3,
  writeRecord,
  writeWhole,
} from './testing/runs-harness.js';
import type { Loopback } from './testing/runs-harness.js';

let s3: Loopback;
let plan: Plan;
let sent: string[];
const sender = {
  sendAll: async (bodies: readonly string[]): Promise<void> => {
    sent.push(...bodies.map((body) => parseDownloadJob(body).file));
    await Promise.resolve();
  },
};

describe('what a run keeps', () => {
  before(async () => {
    s3 = startMemoryS3();
  });
  beforeEach(async () => {
    sent = [];
    ({ plan } = await settlePlan(s3.store, newDraft(['a', 'b', 'c']), { force: false }));
  });
  after(async () => await s3.close());

  describe('enqueueMissing', () => {
    it('enqueues every file of a new plan, once', async () => {
      const { files, done } = await enqueueMissing(s3.store, sender, plan);
      assert.deepEqual([files, done], [['a', 'b', 'c'], 0]);
      assert.deepEqual(sent, ['a', 'b', 'c']);
    });

    it('asks S3 for nothing where the plan was written just now', async () => {
      const before = s3.store.traffic.requests;
      const { files, done, run } = await enqueueMissing(s3.store, sender, plan, { isNew: true });
      assert.deepEqual([files, done, run.closed, sent], [['a', 'b', 'c'], 0, false, ['a', 'b', 'c']]);
      assert.equal(s3.store.traffic.requests, before);
    });

    it('closes what is ready, marks the failures of the rest as retried, and enqueues just that', async () => {
      const facts = { error: new PermanentError('X', 'x'), attempts: 1, written: null };
      await writeWhole(s3.store, plan, 'a');
      await close(s3.store, plan, fileOf(plan, 0));
      // all receipts, but the worker died before the manifest
      await writeWhole(s3.store, plan, 'b');
      for (const file of ['b', 'c']) await writeFailure(s3.store, plan, file, 'download', facts);
      const { files, done } = await enqueueMissing(s3.store, sender, plan);
      assert.deepEqual([files, done], [['c'], 2]);
      assert.deepEqual(sent, ['c']);
      assert.notEqual(await readFileManifest(s3.store, plan, 'b'), null);
      const standing = await readFailures(s3.store, plan);
      // that of a file with a manifest counts no more, whatever it says
      assert.deepEqual(
        standing.map(({ file }) => file),
        ['b'],
      );
    });

    it('closes the run where every manifest is there but its own', async () => {
      for (const [index, file] of ['a', 'b', 'c'].entries()) {
        await writeWhole(s3.store, plan, file);
        // what a worker does that dies before it closes the run
        const blind = overriding(s3.store, {
          head: async () => await Promise.reject(new Error('killed')),
        });
        await assert.rejects(close(blind, plan, fileOf(plan, index)), /killed/);
      }
      assert.equal(await readRunManifest(s3.store, plan), null);
      const { files, done, run } = await enqueueMissing(s3.store, sender, plan);
      assert.deepEqual([files, done, run.closed], [[], 3, true]);
      assert.match(run.digest ?? '', /^[0-9a-f]{64}$/);
      assert.equal((await readRunManifest(s3.store, plan))?.files.length, 3);
      assert.deepEqual(sent, []);
    });

    it('throws where the queue does', async () => {
      const broken = { sendAll: async () => await Promise.reject(new Error('no queue')) };
      await assert.rejects(enqueueMissing(s3.store, broken, plan), /no queue/);
    });
  });

  describe('failures', () => {
    it('hold what is known of an error, bounded', () => {
      const error = new PermanentError('CODE', 'm'.repeat(10_000), {
        place: 'p'.repeat(10_000),
        expected: 'e',
        cause: new Error('x'),
      });
      const { at, ...failure } = failureOf('a', 3, { error, attempts: 2, written: { pages: 1, rows: 2 } });
      assert.ok(Date.now() - Date.parse(at) < 1000);
      assert.deepEqual(failure, {
        version: 1,
        file: 'a',
        stage: '00003',
        code: 'CODE',
        message: 'm'.repeat(2000),
        place: 'p'.repeat(2000),
        expected: 'e',
        received: null,
        attempts: 2,
        written: { pages: 1, rows: 2 },
        retriedAt: null,
      });
    });

    it('that come while others are marked as retried stay as they are', async () => {
      const facts = (code: string) => ({ error: new PermanentError(code, 'x'), attempts: 1, written: null });
      for (const stage of ['download', 0] as const) await writeFailure(s3.store, plan, 'a', stage, facts('OLD'));
      await writeFailure(s3.store, plan, 'b', 'download', facts('OTHER'));
      const racing = overriding(s3.store, {
        putJson: async (...call) => {
          // the job fails again between reading its record and marking it
          if (call[0].endsWith('00000.json')) await writeFailure(s3.store, plan, 'a', 0, facts('NEW'));
          return await s3.store.putJson(...call);
        },
      });
      await markRetried(racing, plan, new Set(['a']));
      const standing = await readFailures(s3.store, plan);
      assert.deepEqual(
        standing.map(({ file, code }) => [file, code]),
        [
          ['a', 'NEW'],
          ['b', 'OTHER'],
        ],
      );
    });

    for (const [error, code, message] of [
      [Object.assign(new Error('reset'), { code: 'ECONNRESET' }), 'ECONNRESET', 'reset'],
      [new TypeError('x is not a function'), 'TypeError', 'x is not a function'],
      ['a string', 'UNKNOWN', 'a string'],
      [undefined, 'UNKNOWN', 'undefined'],
    ] as const) {
      it(`say ${code} of ${String(error)}`, async () => {
        await writeFailure(s3.store, plan, 'a', 'file', { error, attempts: 1, written: null });
        const [failure] = await readFailures(s3.store, plan, 'a');
        assert.deepEqual([failure?.code, failure?.message], [code, message]);
      });
    }
  });

  it('a file whose manifest a repair revoked is enqueued again', async () => {
    await writeWhole(s3.store, plan, 'a');
    await close(s3.store, plan, fileOf(plan, 0));
    await revokeManifests(s3.store, plan, 'a', { id: '0123456789abcdef', splits: [1] });
    assert.notEqual(await s3.store.head(fileManifestKey(plan.run, plan.planId, 'a')), null);
    const { files } = await enqueueMissing(s3.store, sender, plan);
    assert.deepEqual(files, ['a', 'b', 'c']);
  });

  describe('raw object records', () => {
    it('fit the object of their attempt alone', async () => {
      await writeRecord(s3.store, plan, 'a');
      const record = await readRawRecord(s3.store, plan, 'a');
      assert.ok(record);
      assert.equal(await headOfRawObject(s3.store, record), null, 'no object');
      await s3.store.put(rawKeyOf(record), new Uint8Array(SIZE));
      assert.equal(await headOfRawObject(s3.store, record), null, 'another ETag');
      const etag = (await s3.store.head(rawKeyOf(record)))?.etag ?? '';
      const right = recordOf(plan, 'a', {}, { ...ATTEMPT, etag });
      assert.notEqual(await headOfRawObject(s3.store, right), null);
      assert.equal(await headOfRawObject(s3.store, recordOf(plan, 'a', { size: 1 }, { ...ATTEMPT, etag })), null);
    });

    const contradictions: [what: string, change: Parameters<typeof recordOf>[2]][] = [
      ['plan', { planId: 'f'.repeat(16) }],
      ['run', { run: { kind: 'articles', wiki: 'other', date: '2026-10-01' } }],
      ['file', { file: 'b' }],
      ['size', { size: SIZE + 1 }],
      ['checksum', { upstreamChecksum: { algorithm: 'md5', value: '0'.repeat(32) } }],
      ['bytes of a split', { splitBytes: 31 }],
    ];
    for (const [what, change] of contradictions) {
      it(`contradict their plan by another ${what}`, () => {
        const problem = contradictionOfRecord(plan, fileOf(plan, 0), recordOf(plan, 'a', change));
        assert.ok(problem?.startsWith(`${what}: expected `), problem ?? 'none');
      });
    }

    it('may say that the file cannot be split', () => {
      assert.equal(contradictionOfRecord(plan, fileOf(plan, 0), recordOf(plan, 'a', { splitBytes: null })), null);
    });
  });
});
