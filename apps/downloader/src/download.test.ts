import assert from 'node:assert/strict';
import { PermanentError, codeOf } from '@wikifleet/domain/errors';
import { downloadJobOf } from '@wikifleet/domain/jobs';
import { planKey, rawKey, rawNoteKey } from '@wikifleet/domain/keys';
import type { Plan } from '@wikifleet/domain/plan';
import type { FtpFault } from '@wikifleet/local-cloud/ftp/ftp-faults';
import { DownloadHarness, MIB, PLAN_ID, RUN, fileName, planOf, randomFile, sha1Of } from './download-harness.test.js';
import { download, rawPartBytes } from './download.js';

const FILE = fileName();
const BYTES = randomFile(20 * MIB);
const FILES = new Map([[FILE, BYTES]]);
const PLAN = planOf(FILES);

describe('download', function () {
  this.timeout(60_000);
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
    assert.equal((await harness.note(FILE))?.upstreamChecksum ?? null, null);
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

  it('does not fetch again what is there with its note, but enqueues its splits', async () => {
    await go(PLAN);
    await harness.enqueued();
    const before = await harness.store.head(rawKey(RUN, FILE));
    fault = () => ({ kind: 'drop', afterBytes: 0 });
    await go(PLAN);
    await assertWhole();
    assert.deepEqual(await harness.store.head(rawKey(RUN, FILE)), before);
  });

  it('fetches an object that is gone once, however many jobs ask for it one after another', async () => {
    await go(PLAN);
    await harness.enqueued();
    await harness.store.delete([rawKey(RUN, FILE)]);
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

  it('lets the first right object stay where the note is missing, and replaces one that is another', async () => {
    await go(PLAN);
    await harness.enqueued();
    const first = await harness.note(FILE);
    await harness.store.delete([rawNoteKey(RUN, PLAN_ID, FILE)]);
    await go(PLAN);
    await assertWhole();
    // who wrote it may only sleep: its note and its jobs are still to come, and must fit
    assert.equal((await harness.note(FILE))?.attemptId, first?.attemptId);
    await harness.store.put(rawKey(RUN, FILE), 'something else');
    await go(PLAN);
    await assertWhole();
  });

  it('two at once, and both end well', async () => {
    await harness.store.putJson(planKey(RUN), PLAN);
    await harness.withMirrors([{ name: 'm', files: FILES }], async ([task]) => {
      const job = downloadJobOf(PLAN, PLAN.files[0]!);
      const twice = [1, 2].map(async () => await download(task!.parts, job, harness.context()));
      await Promise.all(twice);
    });
    assert.equal((await harness.enqueued()).length, 6);
    await harness.assertWhole(FILE, BYTES);
  });

  it('drops a job of another plan', async () => {
    await harness.store.putJson(planKey(RUN), { ...PLAN, planId: 'ffffffff' });
    await harness.withMirrors([{ name: 'm', files: FILES }], async ([task]) => {
      await download(task!.parts, downloadJobOf(PLAN, PLAN.files[0]!), harness.context());
    });
    await harness.assertNothingThere(FILE);
  });
});

describe('rawPartBytes', () => {
  for (const size of [0, 1, 5 * MIB, 50_000 * MIB, 50_001 * MIB, 300_000_000_000]) {
    it(`cuts ${size} bytes into at most 10,000 parts of at least 5 MiB`, () => {
      const bytes = rawPartBytes(size);
      assert.ok(bytes >= 5 * MIB && Math.ceil(size / bytes) <= 10_000 && bytes % MIB === 0);
    });
  }
});
