import assert from 'node:assert/strict';
import { parseDownloadJob } from '@wikifleet/domain/jobs';
import { ATTEMPT_ID, headOfRawObject, readRawNote } from './raw-notes.js';
import { PermanentError } from '@wikifleet/domain/errors';
import { rawKey } from '@wikifleet/domain/keys';
import type { Plan } from '@wikifleet/domain/plan';
import { close, readFileManifest, readRunManifest } from './closing.js';
import { enqueueMissing } from './enqueue.js';
import { failureOf, readFailures, writeFailure } from './failures.js';
import { settlePlan } from './plans.js';
import { SIZE, fileOf, newDraft, overriding, startS3, writeNote, writeWhole } from './runs-harness.test.js';
import type { Loopback } from './runs-harness.test.js';

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
    s3 = await startS3();
  });
  beforeEach(async () => {
    sent = [];
    ({ plan } = await settlePlan(s3.store, newDraft(['a', 'b', 'c']), { force: false }));
  });
  after(async () => await s3.close());

  describe('enqueueMissing', () => {
    it('enqueues every file of a new plan, once', async () => {
      assert.deepEqual(await enqueueMissing(s3.store, sender, plan), { files: ['a', 'b', 'c'], done: 0 });
      assert.deepEqual(sent, ['a', 'b', 'c']);
    });

    it('closes what is ready, deletes the failures of the rest, and enqueues just that', async () => {
      const facts = { error: new PermanentError('X', 'x'), attempts: 1, written: null };
      await writeWhole(s3.store, plan, 'a');
      await close(s3.store, plan, fileOf(plan, 0));
      // all receipts, but the worker died before the manifest
      await writeWhole(s3.store, plan, 'b');
      for (const file of ['b', 'c']) await writeFailure(s3.store, plan, file, 'download', facts);
      assert.deepEqual(await enqueueMissing(s3.store, sender, plan), { files: ['c'], done: 2 });
      assert.deepEqual(sent, ['c']);
      assert.notEqual(await readFileManifest(s3.store, plan, 'b'), null);
      assert.deepEqual(await readFailures(s3.store, plan), []);
    });

    it('closes the run where every manifest is there but its own', async () => {
      for (const [index, file] of ['a', 'b', 'c'].entries()) {
        await writeWhole(s3.store, plan, file);
        // what a worker does that dies before it closes the run
        const blind = overriding(s3.store, {
          abortUploads: async () => await Promise.reject(new Error('killed')),
        });
        await assert.rejects(close(blind, plan, fileOf(plan, index)), /killed/);
      }
      assert.equal(await readRunManifest(s3.store, plan), null);
      assert.deepEqual(await enqueueMissing(s3.store, sender, plan), { files: [], done: 3 });
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
      });
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

  describe('raw notes', () => {
    it('fit the raw object of their attempt alone', async () => {
      const put = async (attempt: string, bytes: number): Promise<void> => {
        const { signal } = new AbortController();
        const metadata = { [ATTEMPT_ID]: attempt };
        const writer = s3.store.createWriter(rawKey(plan.run, 'a'), { partBytes: 5 * 1024 * 1024, metadata, signal });
        await writer.write(new Uint8Array(bytes));
        await writer.finish();
      };
      await writeNote(s3.store, plan, 'a');
      const note = await readRawNote(s3.store, plan, 'a');
      assert.ok(note);
      const fits = async (): Promise<boolean> => (await headOfRawObject(s3.store, plan.run, 'a', note)) !== null;
      assert.equal(await fits(), false, 'no object');
      await put('another-attempt', SIZE);
      assert.equal(await fits(), false, 'another attempt');
      await put(note.attemptId, SIZE - 1);
      assert.equal(await fits(), false, 'another size');
      await s3.store.put(rawKey(plan.run, 'a'), new Uint8Array(SIZE));
      assert.equal(await fits(), false, 'no attempt id');
      await put(note.attemptId, SIZE);
      assert.equal(await fits(), true);
    });
  });
});
