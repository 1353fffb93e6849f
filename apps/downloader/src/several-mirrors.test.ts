import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { PermanentError, codeOf } from '@wikifleet/domain/errors';
import { downloadJobOf } from '@wikifleet/domain/jobs';
import { planKey } from '@wikifleet/domain/keys';
import type { FtpFault } from '@wikifleet/local-cloud/ftp/ftp-faults';
import { DownloadHarness, MIB, RUN, fileName, planOf, randomFile } from './testing/download-harness.js';
import type { TestMirror } from './testing/download-harness.js';
import { download } from './download.js';

const FILE = fileName();
const BYTES = randomFile(6 * MIB);
const FILES = new Map([[FILE, BYTES]]);
const PLAN = planOf(FILES);

const changed = Buffer.from(BYTES);
changed[5 * MIB]! ^= 1;
const WRONG = new Map([[FILE, changed]]);

/** Fails in the same way at every transfer, or at the first ones only. */
function failing(fault: FtpFault, times = Infinity): Pick<TestMirror, 'faults'> {
  return { faults: { transfer: (_path, attempt) => (attempt <= times ? fault : null) } };
}

describe('downloads from several mirrors', function () {
  let harness: DownloadHarness;
  before(async () => {
    harness = await DownloadHarness.start();
  });
  after(async () => await harness.close());
  beforeEach(async () => await harness.clear());

  /** Downloads the file; returns who brought the end, and how often each mirror was asked for it. */
  async function go(
    mirrors: readonly TestMirror[],
    plan = PLAN,
  ): Promise<{ last: string | undefined; asked: number[] }> {
    const asked = mirrors.map(() => 0);
    const counted = mirrors.map((mirror, at) => ({
      ...mirror,
      faults: {
        ...mirror.faults,
        transfer: (path: string, attempt: number, offset: number) => {
          asked[at] = (asked[at] ?? 0) + 1;
          return mirror.faults?.transfer?.(path, attempt, offset) ?? null;
        },
      },
    }));
    await harness.withMirrors(counted, async ([task]) => await harness.downloadAll(task!, plan));
    return { last: (await harness.record(FILE))?.attempt.mirror, asked };
  }

  it('goes on at the same byte from another mirror', async () => {
    const offsets: number[] = [];
    const second: TestMirror = {
      name: 'second',
      files: FILES,
      faults: {
        transfer: (_path, _attempt, offset) => {
          offsets.push(offset);
          return null;
        },
      },
    };
    const first = { name: 'first', files: FILES, ...failing({ kind: 'drop', afterBytes: 2_000_000 }) };
    assert.deepEqual(await go([first, second]), { last: 'second', asked: [1, 1] });
    await harness.assertWhole(FILE, BYTES);
    assert.ok(offsets[0]! > 0 && offsets[0]! <= 2_000_000, `went on at ${offsets.join()}`);
  });

  for (const [what, first] of [
    ['lacks the file', { files: new Map() }],
    ['has a shorter one', { files: new Map([[FILE, BYTES.subarray(0, 1_000_000)]]) }],
    ['refuses it', { files: FILES, ...failing({ kind: 'refuse', code: 550, text: 'Permission denied.' }) }],
    ['is full', { files: FILES, maxConnections: 0 }],
    ['is full, as proftpd says it', { files: FILES, maxConnections: 0, refusal: 530 }],
    ['stalls at once', { files: FILES, ...failing({ kind: 'stall', afterBytes: 0 }) }],
  ] as [string, Omit<TestMirror, 'name'>][]) {
    it(`takes from the second what the first ${what}`, async () => {
      const { last } = await go([
        { name: 'first', ...first },
        { name: 'second', files: FILES },
      ]);
      assert.equal(last, 'second');
      await harness.assertWhole(FILE, BYTES);
    });
  }

  it('fetches once more from one alone what two mirrors brought together and is wrong', async () => {
    // the first drops before its wrong byte, so that the second brings it
    const first = { name: 'first', files: FILES, ...failing({ kind: 'drop', afterBytes: 2_000_000 }, 1) };
    const { last, asked } = await go([first, { name: 'second', files: WRONG }]);
    assert.equal(last, 'first');
    assert.ok(asked[0]! >= 2, `asked ${asked.join(' and ')} times`);
    await harness.assertWhole(FILE, BYTES);
  });

  it('takes from another mirror what one has wrong', async () => {
    const { last } = await go([
      { name: 'first', files: WRONG },
      { name: 'second', files: FILES },
    ]);
    assert.equal(last, 'second');
    await harness.assertWhole(FILE, BYTES);
  });

  it('names every mirror that failed, not only the last', async () => {
    const mirrors = ['first', 'second', 'third'].map((name) => ({
      name,
      files: FILES,
      ...failing({ kind: 'drop', afterBytes: 0 }),
    }));
    await assert.rejects(go(mirrors), (error: Error) => {
      for (const { name } of mirrors) assert.ok(error.message.includes(`${name}: `), error.message);
      return true;
    });
    await harness.assertNothingThere(FILE);
  });

  it('gives up what two mirrors have wrong', async () => {
    const mirrors = ['first', 'second', 'third'].map((name) => ({ name, files: WRONG }));
    await assert.rejects(
      go(mirrors),
      (error) => error instanceof PermanentError && codeOf(error) === 'CHECKSUM_DIFFERS',
    );
    await harness.assertNothingThere(FILE);
  });

  it('asks a third mirror when the one that was to bring the file alone dies', async () => {
    const first = { name: 'first', files: WRONG };
    const second = { name: 'second', files: FILES, ...failing({ kind: 'drop', afterBytes: 0 }) };
    const { last } = await go([first, second, { name: 'third', files: FILES }]);
    assert.equal(last, 'third');
    await harness.assertWhole(FILE, BYTES);
  });

  it('says of each mirror why none will do', async () => {
    const short = new Map([[FILE, BYTES.subarray(0, 5)]]);
    const received = 'first lacks it, second has 5 bytes';
    await assert.rejects(
      go([
        { name: 'first', files: new Map() },
        { name: 'second', files: short },
      ]),
      { code: 'FILE_NOT_ON_MIRROR', expected: `${BYTES.length} bytes`, received },
    );
  });

  it('waits for a full house without a failure, and lets go at once when aborted', async () => {
    await harness.store.putJson(planKey(RUN), PLAN);
    await harness.withMirrors([{ name: 'full', files: FILES, maxConnections: 0 }], async ([task]) => {
      const abort = new AbortController();
      const job = downloadJobOf(PLAN, PLAN.files[0]!);
      const waiting = download(task!.parts, job, harness.context(1, abort.signal));
      const ended = assert.rejects(waiting, /lease lost/);
      await sleep(1500);
      const began = performance.now();
      abort.abort(new Error('lease lost'));
      await ended;
      assert.ok(performance.now() - began < 30_000);
      assert.ok(task!.rests.length >= 3, `${task!.rests.length} rests`);
      assert.ok(task!.rests.every(({ why, failures }) => why === 'busy' && failures === 0));
    });
    await harness.assertNothingThere(FILE);
  });

  it('never holds more connections than its share, through failures, with several tasks', async () => {
    const files = new Map(Array.from({ length: 12 }, (_, at) => [fileName(at + 1), randomFile(2 * MIB + at)]));
    const plan = planOf(files);
    const faults = {
      transfer: (_path: string, attempt: number, offset: number): FtpFault | null => {
        if (offset > MIB) return null;
        const kinds = ['drop', 'abort', 'cut', 'stall'] as const;
        return attempt > 3 ? null : { kind: kinds[attempt % 4] ?? 'drop', afterBytes: 300_000 };
      },
    };
    // the servers' own limits are the mirrors' true ones: nobody may ever be turned away
    const mirrors = [
      { name: 'first', files, connections: 4, faults },
      { name: 'second', files, connections: 3, faults },
    ];
    await harness.store.putJson(planKey(RUN), plan);
    await harness.withMirrors(
      mirrors,
      async (tasks, servers) => {
        const jobs = plan.files.map((file) => downloadJobOf(plan, file));
        await Promise.all(jobs.map(async (job, at) => await download(tasks[at % 2]!.parts, job, harness.context())));
        assert.deepEqual(
          servers.map(({ connections }) => connections.peak <= 4),
          [true, true],
        );
        // 3 connections are one for each of two tasks
        assert.deepEqual([servers[0]!.connections.peak, servers[1]!.connections.peak], [4, 2]);
      },
      2,
    );
    for (const [file, bytes] of files) await harness.assertWhole(file, bytes);
  });
});
