import assert from 'node:assert/strict';
import { PermanentError, codeOf } from '@wikifleet/domain/errors';
import { downloadJobOf } from '@wikifleet/domain/jobs';
import { planKey, rawKey, rawRecordKey, receiptKey } from '@wikifleet/domain/keys';
import { sealPlan } from '@wikifleet/domain/plan';
import type { Plan } from '@wikifleet/domain/plan';
import { storedFileManifest, storedRunManifest } from '@wikifleet/runs/manifests';
import type { FtpFault } from '@wikifleet/local-cloud/ftp/ftp-faults';
import { DownloadHarness, MIB, RUN, fileName, planOf, randomFile, sha1Of } from './testing/download-harness.js';
import { download } from './download.js';
import { recordDownloadFailure } from './record-failure.js';

const FILE = fileName();
const BYTES = randomFile(17 * MIB);
const FILES = new Map([[FILE, BYTES]]);
const PLAN = planOf(FILES);

describe('download', function () {
  let harness: DownloadHarness;
  let fault: (attempt: number) => FtpFault | null;
  let served: Buffer;

  before(async () => {
    harness = await DownloadHarness.start();
  });
  after(async () => await harness.close());
  beforeEach(async () => {
    fault = () => null;
    served = BYTES;
    await harness.clear();
  });

  async function go(plan: Plan, receiveCount = 1): Promise<void> {
    const faults = { transfer: (_path: string, attempt: number) => fault(attempt) };
    await harness.withMirrors([{ name: 'm', files: new Map([[FILE, served]]), faults }], async ([task]) => {
      assert.ok(task);
      await harness.downloadAll(task, plan, receiveCount);
    });
  }

  async function assertWhole(): Promise<void> {
    await harness.assertWhole(FILE, BYTES);
    assert.deepEqual(
      (await harness.enqueued()).map(({ split }) => [split.start, split.end]),
      [
        [0, 8 * MIB],
        [8 * MIB, 16 * MIB],
        [16 * MIB, BYTES.length],
      ],
    );
  }

  for (const [what, made] of [
    ['nothing wrong', () => null],
    ['a drop', (n: number) => (n === 1 ? { kind: 'drop', afterBytes: 5_000_001 } : null)],
    ['four drops in a row', (n: number) => (n <= 4 ? { kind: 'drop', afterBytes: 1_000_000 } : null)],
    ['a cut that the server confirms', (n: number) => (n === 1 ? { kind: 'cut', afterBytes: 11_500_000 } : null)],
    ['a stall', (n: number) => (n === 1 ? { kind: 'stall', afterBytes: 9_000_000 } : null)],
    ['an end that nobody confirms', (n: number) => (n === 1 ? { kind: 'mute', afterBytes: BYTES.length } : null)],
    ['wrong bytes of the right size, once', (n: number) => (n === 1 ? { kind: 'corrupt', atByte: 7_000_000 } : null)],
  ] as [string, (attempt: number) => FtpFault | null][]) {
    it(`gets every byte through ${what}`, async () => {
      fault = made;
      await go(PLAN);
      await assertWhole();
    });
  }

  it('gets a file of which the catalogue says neither size nor checksum', async () => {
    await go(planOf(FILES, { size: null, checksum: null }));
    await assertWhole();
    assert.equal((await harness.record(FILE))?.result.upstreamChecksum ?? null, null);
  });

  it('stores nothing of bytes that are wrong twice, and names both checksums', async () => {
    served = Buffer.from(BYTES);
    served[12_345_678]! ^= 1;
    const [expected, received] = [sha1Of(BYTES), sha1Of(served)].map(({ value }) => `sha1 ${value}`);
    await assert.rejects(
      go(PLAN),
      (error) =>
        error instanceof PermanentError &&
        error.code === 'CHECKSUM_DIFFERS' &&
        error.expected === expected &&
        error.received === received,
    );
    await harness.assertNothingThere(FILE);
  });

  it('stores nothing of a file that is shorter than the catalogue says', async () => {
    served = BYTES.subarray(0, -1);
    await assert.rejects(go(PLAN), (error) => codeOf(error) === 'FILE_NOT_ON_MIRROR');
    await harness.assertNothingThere(FILE);
  });

  it('does not fetch again what is there with its record, but enqueues its splits', async () => {
    await go(PLAN);
    await harness.enqueued();
    const before = await harness.record(FILE);
    fault = () => ({ kind: 'drop', afterBytes: 0 });
    await go(PLAN);
    await assertWhole();
    assert.deepEqual(await harness.record(FILE), before);
  });

  it('enqueues only the splits that have no receipt, and that of one where none is left', async () => {
    await go(PLAN);
    await harness.enqueued();
    const indexes = async (): Promise<number[]> => (await harness.enqueued()).map(({ split }) => split.index);
    await harness.store.put(receiptKey(RUN, PLAN.planId, FILE, 1), '{}');
    await go(PLAN);
    assert.deepEqual(await indexes(), [0, 2]);
    for (const index of [0, 2]) await harness.store.put(receiptKey(RUN, PLAN.planId, FILE, index), '{}');
    await go(PLAN);
    assert.deepEqual(await indexes(), [0], 'its converter closes the file');
  });

  it('fetches an object that is gone once, however many jobs ask for it one after another', async () => {
    await go(PLAN);
    await harness.enqueued();
    await harness.store.delete(await harness.rawObjects(FILE));
    let transfers = 0;
    fault = () => {
      transfers += 1;
      return null;
    };
    for (let job = 0; job < 3; job += 1) {
      await go(PLAN);
      await assertWhole();
    }
    assert.equal(transfers, 1);
  });

  it('takes up an object whose ETag changed and whose bytes did not: the bucket was copied', async () => {
    await go(PLAN);
    await harness.enqueued();
    const [key = ''] = await harness.rawObjects(FILE);
    // a single write in the place of an upload in parts
    await harness.store.put(key, BYTES);
    fault = () => ({ kind: 'drop', afterBytes: 0 });
    await go(PLAN);
    await assertWhole();
  });

  it('fetches an object again whose bytes are others', async () => {
    await go(PLAN);
    await harness.enqueued();
    const [key = ''] = await harness.rawObjects(FILE);
    await harness.store.put(key, Buffer.alloc(BYTES.length));
    await go(PLAN);
    await assertWhole();
  });

  describe('where the file changed upstream since it was downloaded first', () => {
    for (const [what, known] of [
      ['and the catalogue gives no checksum', { checksum: null }],
      ['and the catalogue gives neither size nor checksum', { size: null, checksum: null }],
    ] as const) {
      it(`fails with both digests ${what}, and keeps the record`, async () => {
        const plan = planOf(FILES, known);
        await go(plan);
        await harness.enqueued();
        const before = await harness.record(FILE);
        await harness.store.delete(await harness.rawObjects(FILE));
        served = Buffer.from(BYTES);
        served[7_000_000]! ^= 1;
        await assert.rejects(go(plan), (error) => {
          assert.ok(error instanceof PermanentError);
          assert.equal(error.code, 'RAW_CHANGED');
          assert.equal(error.expected, `sha256 ${before?.result.sha256}`);
          assert.match(error.received ?? '', /^sha256 [0-9a-f]{64}$/);
          assert.match(error.message, /seed --force/);
          return true;
        });
        assert.deepEqual(await harness.record(FILE), before);
        assert.deepEqual([await harness.rawObjects(FILE), await harness.enqueued()], [[], []]);
      });
    }
  });

  describe('two at once', () => {
    const both = async (plan: Plan, files: readonly Buffer[]): Promise<PromiseSettledResult<void>[]> => {
      await harness.store.putJson(planKey(RUN), plan);
      const mirrors = files.map((bytes, i) => ({ name: `m${i}`, files: new Map([[FILE, bytes]]), connections: 1 }));
      return await harness.withMirrors(mirrors, async ([task]) => {
        const job = downloadJobOf(plan, plan.files[0]!);
        return await Promise.allSettled([1, 2].map(async () => await download(task!.parts, job, harness.context())));
      });
    };

    it('end well, and one object is left', async () => {
      const outcomes = await both(PLAN, [BYTES, BYTES]);
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ['fulfilled', 'fulfilled'],
      );
      assert.ok((await harness.enqueued()).length >= 3);
      await harness.assertWhole(FILE, BYTES);
    });

    it('agree on one record where mirrors have other bytes of the same size', async () => {
      const other = Buffer.from(BYTES);
      other[16 * MIB + 5]! ^= 1;
      await both(planOf(FILES, { checksum: null }), [BYTES, other]);
      const record = await harness.record(FILE);
      assert.ok(record);
      assert.equal((await harness.rawObjects(FILE)).length, 1);
      for (const { object } of await harness.enqueued()) assert.equal(object.sha256, record.result.sha256);
    });
  });

  describe('with a repair', () => {
    const ID = '0123456789abcdef';
    const repair = async (splits: 'all' | number[], refetch: boolean, mirror = served): Promise<void> => {
      await harness.store.putJson(planKey(RUN), PLAN);
      await harness.withMirrors([{ name: 'm', files: new Map([[FILE, mirror]]) }], async ([task]) => {
        const job = downloadJobOf(PLAN, PLAN.files[0]!, { id: ID, splits, refetch });
        await download(task!.parts, job, harness.context());
      });
    };
    const jobs = async (): Promise<unknown[]> =>
      (await harness.enqueued()).map(({ split, repair: id }) => [split.index, id]);

    it('revokes the manifests, and enqueues the splits with its id', async () => {
      await go(PLAN);
      await harness.enqueued();
      for (const index of [0, 1, 2]) await harness.store.put(receiptKey(RUN, PLAN.planId, FILE, index), '{}');
      await repair([1], false);
      assert.deepEqual(await jobs(), [[1, ID]]);
      for (const manifest of [
        await storedFileManifest(harness.store, PLAN, FILE),
        await storedRunManifest(harness.store, PLAN),
      ])
        assert.ok(manifest.state === 'valid' && manifest.value.state === 'revoked');
    });

    it('fetches a damaged object again, once, and deletes the damaged one', async () => {
      await go(PLAN);
      await harness.enqueued();
      const before = await harness.rawObjects(FILE);
      await repair([], true);
      const after = await harness.rawObjects(FILE);
      assert.notDeepEqual(after, before);
      await harness.assertWhole(FILE, BYTES);
      await repair([], true);
      assert.deepEqual(await harness.rawObjects(FILE), after, 'a second delivery finds that it is done');
    });

    it('revokes the manifests before it downloads, and also where the download fails', async () => {
      await go(PLAN);
      await harness.enqueued();
      const other = randomFile(BYTES.length);
      await assert.rejects(repair([1], true, other), { code: 'RAW_CHANGED' });
      for (const manifest of [
        await storedFileManifest(harness.store, PLAN, FILE),
        await storedRunManifest(harness.store, PLAN),
      ])
        assert.ok(manifest.state === 'valid' && manifest.value.state === 'revoked');
      assert.deepEqual(await jobs(), []);
    });

    it('needs no raw object where only manifests are to be written anew', async () => {
      await go(PLAN);
      await harness.enqueued();
      for (const index of [0, 1, 2]) await harness.store.put(receiptKey(RUN, PLAN.planId, FILE, index), '{}');
      await harness.store.delete(await harness.rawObjects(FILE));
      // no mirror has the file any more
      await harness.withMirrors([{ name: 'm', files: new Map() }], async ([task]) => {
        const job = downloadJobOf(PLAN, PLAN.files[0]!, { id: ID, splits: [], refetch: false });
        await download(task!.parts, job, harness.context());
      });
      assert.deepEqual(await jobs(), [[0, null]], 'the job of any split closes the file');
      const manifest = await storedFileManifest(harness.store, PLAN, FILE);
      assert.ok(manifest.state === 'valid' && manifest.value.state === 'revoked');
      assert.deepEqual(await harness.rawObjects(FILE), []);
    });

    it('writes a record anew that cannot be read', async () => {
      await go(PLAN);
      await harness.enqueued();
      const key = rawRecordKey(RUN, PLAN.planId, FILE);
      await harness.store.put(key, '{');
      await assert.rejects(go(PLAN), { code: 'RAW_RECORD_MALFORMED' });
      await repair('all', false);
      assert.equal((await harness.record(FILE))?.result.sha256.length, 64);
      assert.deepEqual(await jobs(), [
        [0, ID],
        [1, ID],
        [2, ID],
      ]);
    });
  });

  describe('of a superseded plan', () => {
    const newer = sealPlan({ ...PLAN, supersedes: [PLAN.planId] });

    it('is dropped, and deletes what a first delivery wrote', async () => {
      await go(PLAN);
      await harness.enqueued();
      assert.equal((await harness.rawObjects(FILE)).length, 1);
      await harness.store.putJson(planKey(RUN), newer);
      await harness.withMirrors([{ name: 'm', files: FILES }], async ([task]) => {
        await download(task!.parts, downloadJobOf(PLAN, PLAN.files[0]!), harness.context());
      });
      await harness.assertNothingThere(FILE);
      assert.equal(await harness.store.head(rawRecordKey(RUN, PLAN.planId, FILE)), null);
    });

    it('deletes its record and its object where the plan changes at the moment of the record', async () => {
      await harness.store.putJson(planKey(RUN), PLAN);
      const record = rawRecordKey(RUN, PLAN.planId, FILE);
      let isChanged = false;
      const putJson: typeof harness.store.putJson = async (...call) => {
        if (call[0] === record) {
          isChanged = true;
          await harness.store.putJson(planKey(RUN), newer);
        }
        return await harness.store.putJson(...call);
      };
      const store = new Proxy(harness.store, {
        get: (target, key) => {
          const method: unknown = key === 'putJson' ? putJson : Reflect.get(target, key, target);
          return typeof method === 'function' ? (method.bind(target) as unknown) : method;
        },
      });
      await harness.withMirrors([{ name: 'm', files: FILES }], async ([task]) => {
        const job = downloadJobOf(PLAN, PLAN.files[0]!);
        await download({ ...task!.parts, store }, job, harness.context());
      });
      assert.ok(isChanged);
      await harness.assertNothingThere(FILE);
      assert.equal(await harness.store.head(record), null);
    });

    it('leaves no record and no object where the plan changes during the download', async () => {
      await harness.store.putJson(planKey(RUN), PLAN);
      const faults = {
        transfer: () => {
          void harness.store.putJson(planKey(RUN), newer);
          return null;
        },
      };
      await harness.withMirrors([{ name: 'm', files: FILES, faults }], async ([task]) => {
        await download(task!.parts, downloadJobOf(PLAN, PLAN.files[0]!), harness.context());
      });
      await harness.assertNothingThere(FILE);
    });

    it('deletes nothing of a plan that is not superseded', async () => {
      await go(PLAN);
      const before = await harness.rawObjects(FILE);
      await harness.store.putJson(planKey(RUN), sealPlan({ ...PLAN, nonce: 'f'.repeat(16) }));
      await harness.withMirrors([{ name: 'm', files: FILES }], async ([task]) => {
        await download(task!.parts, downloadJobOf(PLAN, PLAN.files[0]!), harness.context());
      });
      assert.deepEqual(await harness.rawObjects(FILE), before);
    });
  });

  describe('with a message that does not fit the plan', () => {
    for (const [what, change] of [
      ['another path', { path: 'testwiki/20261001/other.bz2' }],
      ['another size', { size: 1 }],
      ['another checksum', { checksum: null }],
      ['another file', { file: 'other.bz2' }],
    ] as const) {
      it(`names the difference, and writes nothing: ${what}`, async () => {
        await harness.store.putJson(planKey(RUN), PLAN);
        const job = { ...downloadJobOf(PLAN, PLAN.files[0]!), ...change };
        await harness.withMirrors([{ name: 'm', files: FILES }], async ([task]) => {
          let thrown: unknown;
          await assert.rejects(download(task!.parts, job, harness.context()), (error) => {
            thrown = error;
            return error instanceof PermanentError && error.code === 'JOB_DOES_NOT_FIT';
          });
          await recordDownloadFailure(harness.store, job, thrown, 1);
          await recordDownloadFailure(harness.store, job, new PermanentError('GIVEN_UP', 'x'), 19);
        });
        const keys: string[] = [];
        for await (const { key } of harness.store.list('')) keys.push(key);
        assert.deepEqual(keys, [planKey(RUN)]);
      });
    }
  });

  it('leaves an object of an attempt that was killed before its record, and takes none for its own', async () => {
    const orphan = rawKey(RUN, PLAN.planId, FILE, '0b7e9c1a');
    await harness.store.put(orphan, BYTES);
    await go(PLAN);
    assert.equal((await harness.rawObjects(FILE)).length, 2);
    assert.notEqual((await harness.record(FILE))?.attempt.id, '0b7e9c1a');
  });
});
