import assert from 'node:assert/strict';
import { PermanentError, codeOf } from '@wikifleet/domain/errors';
import { downloadJobOf } from '@wikifleet/domain/jobs';
import { planKey } from '@wikifleet/domain/keys';
import type { FtpFault } from '@wikifleet/local-cloud/ftp/ftp-faults';
import { DownloadHarness, MIB, RUN, fileName, planOf, randomFile } from './testing/download-harness.js';
import { download } from './download.js';

const FILE = fileName();
const DROPS = 50;

/** Mulberry32: the same numbers for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('faults of a mirror', function () {
  let harness: DownloadHarness;
  before(async () => {
    harness = await DownloadHarness.start();
  });
  after(async () => await harness.close());
  beforeEach(async () => await harness.clear());

  const seed = Number(process.env['WIKIFLEET_FUZZ_SEED'] ?? 1);
  it(`a drop at a random byte, ${DROPS} times (WIKIFLEET_FUZZ_SEED=${seed})`, async () => {
    const random = randomOf(seed);
    const bytes = randomFile(9 * MIB + 12_345);
    const kinds = ['drop', 'abort', 'cut'] as const;
    let struck = 0;
    const transfer = (_path: string, _attempt: number, offset: number): FtpFault | null => {
      if (struck === DROPS) return null;
      struck += 1;
      // over all that is left, so that some strike at once and some at the last byte
      const afterBytes = Math.floor(random() ** 4 * (bytes.length - offset));
      return { kind: kinds[Math.floor(random() * 3)] ?? 'drop', afterBytes };
    };
    const files = new Map([[FILE, bytes]]);
    // a mirror that brings nothing five times in a row is left alone: two of them, and deliveries as a queue makes them
    const mirrors = ['first', 'second'].map((name) => ({ name, files, faults: { transfer } }));
    const plan = planOf(files);
    await harness.store.putJson(planKey(RUN), plan);
    await harness.withMirrors(mirrors, async ([task]) => {
      const job = downloadJobOf(plan, plan.files[0]!);
      for (let delivery = 1; ; delivery += 1) {
        try {
          await download(task!.parts, job, harness.context(delivery));
          return;
        } catch (error) {
          assert.ok(delivery < 15 && !(error instanceof PermanentError), `delivery ${delivery}: ${String(error)}`);
          await harness.assertNothingThere(FILE);
        }
      }
    });
    await harness.assertWhole(FILE, bytes);
  });

  for (const size of [1, 256 * 1024, 8 * MIB]) {
    it(`an end at the last of ${size} bytes that nobody confirms`, async () => {
      const bytes = size < 4 ? Buffer.from('B') : randomFile(size);
      const transfer = (_path: string, attempt: number): FtpFault | null =>
        attempt === 1 ? { kind: 'drop', afterBytes: size } : null;
      const files = new Map([[FILE, bytes]]);
      await harness.withMirrors([{ name: 'm', files, faults: { transfer } }], async ([task]) => {
        await harness.downloadAll(task!, planOf(files));
      });
      await harness.assertWhole(FILE, bytes);
    });
  }

  for (const known of [{}, { size: null, checksum: null }]) {
    it(`an empty file, ${'size' in known ? 'which nobody announced' : 'as announced'}`, async () => {
      const files = new Map([[FILE, Buffer.alloc(0)]]);
      await harness.withMirrors([{ name: 'm', files }], async ([task]) => {
        await harness.downloadAll(task!, planOf(files, known));
      });
      await harness.assertWhole(FILE, Buffer.alloc(0));
      assert.equal((await harness.enqueued()).length, 1);
    });
  }

  for (const where of ['on the way', 'exactly when all of it has come'] as const) {
    it(`a file that nobody vouched for, and that grows ${where}`, async () => {
      const whole = randomFile(MIB);
      const before = whole.subarray(0, 512 * 1024);
      const files = new Map<string, Buffer>([[FILE, before]]);
      let drop = true;
      const grows = {
        transfer: (_path: string, attempt: number): FtpFault | null => {
          if (attempt !== 1 || !drop) return null;
          drop = false;
          return { kind: 'drop', afterBytes: where === 'on the way' ? 300_000 : before.length };
        },
        command: (verb: string) => {
          if (verb === 'SIZE' && !drop) tree.set(`/testwiki/20261001/${FILE}`, whole);
          return null;
        },
      };
      const tree = new Map<string, Uint8Array>();
      const plan = planOf(files, { size: null, checksum: null });
      await harness.withMirrors([{ name: 'm', files, faults: grows, tree }], async ([task]) => {
        await assert.rejects(harness.downloadAll(task!, plan), (error) => codeOf(error) === 'SIZE_DIFFERS');
        await harness.assertNothingThere(FILE);
        await harness.downloadAll(task!, plan, 2);
      });
      await harness.assertWhole(FILE, whole);
    });
  }

  it('a file that grew since its size was announced', async () => {
    const whole = randomFile(MIB);
    const plan = planOf(new Map([[FILE, whole.subarray(0, 512 * 1024)]]));
    await harness.withMirrors([{ name: 'm', files: new Map([[FILE, whole]]) }], async ([task]) => {
      const received = `m has ${MIB} bytes`;
      await assert.rejects(harness.downloadAll(task!, plan), { code: 'FILE_NOT_ON_MIRROR', received });
    });
    await harness.assertNothingThere(FILE);
  });
});
