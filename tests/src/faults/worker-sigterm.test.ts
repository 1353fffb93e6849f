import assert from 'node:assert/strict';
import { inFolder, until } from '../end-to-end/programs.js';
import { WIKI, WorkerProcesses, exitAfter } from './worker-processes.js';
import type { LogLine, SlowLink, WorkerProcess } from './worker-processes.js';

/** Runs a test with its processes, and ends them. */
async function withProcesses(
  test: (processes: WorkerProcesses) => Promise<void>,
  mirrorBytesPerSecond?: number,
): Promise<void> {
  await inFolder(async (folder) => {
    const processes = await WorkerProcesses.start(folder, mirrorBytesPerSecond);
    try {
      await test(processes);
    } finally {
      await processes.close();
    }
  });
}

/** A converter that reads a split so slowly that it is in the middle of it. */
async function busyConverter(
  processes: WorkerProcesses,
  graceSeconds: number,
): Promise<{ worker: WorkerProcess; link: SlowLink }> {
  await processes.downloadAll();
  const link = await processes.link();
  link.bytesPerSecond = 20_000;
  const worker = processes.worker('converter', {
    AWS_ENDPOINT_URL: link.endpoint,
    WIKIFLEET_GRACE_SECONDS: String(graceSeconds),
    WIKIFLEET_WORKERS: '2',
  });
  await until('it reads its split', () => link.held > 0);
  assert.deepEqual(await processes.depth('CONVERT'), { visible: 1, inFlight: 1 });
  return { worker, link };
}

/** Every line about a message says whose it is. */
function assertNamed(lines: readonly LogLine[], withSplit: boolean): void {
  const about = lines.filter((line) => line['messageId'] !== undefined);
  assert.ok(about.length > 0);
  for (const line of about) {
    assert.equal(line['run'], `articles-multistream/${WIKI}/2026-10-01`, JSON.stringify(line));
    assert.match(String(line['file']), /multistream/);
    assert.equal(line['split'], withSplit ? 0 : undefined);
    assert.match(String(line['messageId']), /^[0-9a-f-]{36}$/);
    assert.ok(Number(line['receiveCount']) >= 1);
  }
}

/** Two seconds on an idle machine; the grace time of 60 s and the visibility of 120 s are what it is told from on a busy one. */
const SOON_MS = 30_000;

describe('SIGTERM in mid-split', function () {
  this.timeout(90_000);

  it('lets the converter work for its grace time; then the message shows at once, and the process is gone', async () => {
    await withProcesses(async (processes) => {
      const { worker, link } = await busyConverter(processes, 1.5);
      const began = Date.now();
      worker.kill('SIGTERM');
      const shown = await processes.handedBackAfter(began, 'CONVERT');
      const { code, ms, stderr } = await exitAfter(worker, began);
      assert.ok(shown >= 1500 && shown < SOON_MS, `it shows again after ${shown} ms`);
      assert.deepEqual([code, stderr], [0, '']);
      assert.ok(ms < SOON_MS, `it is gone after ${ms} ms`);
      assert.deepEqual(await processes.depth('CONVERT'), { visible: 2, inFlight: 0 });
      assert.equal(worker.events('job handed back').length, 1);
      assertNamed(worker.lines(), true);

      link.bytesPerSecond = Infinity;
      processes.worker('converter', { WIKIFLEET_WORKERS: '2' });
      await until('another one closes the run', async () => await processes.isWhole());
    });
  });

  it('lets the converter finish what fits in its grace time, and take nothing more', async () => {
    await withProcesses(async (processes) => {
      const { worker, link } = await busyConverter(processes, 60);
      worker.kill('SIGTERM');
      await until('it heard', () => worker.events('stop requested').length === 1);
      link.bytesPerSecond = Infinity;
      const { code, ms } = await exitAfter(worker, Date.now());
      assert.equal(code, 0);
      assert.ok(ms < SOON_MS, `it is gone ${ms} ms later`);
      assert.equal(worker.events('split_converted').length, 1);
      assert.deepEqual(await processes.depth('CONVERT'), { visible: 1, inFlight: 0 });
    });
  });

  it('hurries the converter when it comes twice', async () => {
    await withProcesses(async (processes) => {
      const { worker } = await busyConverter(processes, 60);
      worker.kill('SIGTERM');
      await until('it heard', () => worker.events('stop requested').length === 1);
      const began = Date.now();
      worker.kill('SIGTERM');
      assert.ok((await processes.handedBackAfter(began, 'CONVERT')) < SOON_MS);
      const { code, ms } = await exitAfter(worker, began);
      assert.equal(code, 0);
      assert.ok(ms < SOON_MS, `it is gone after ${ms} ms`);
    });
  });
});

describe('SIGTERM in mid-download', function () {
  this.timeout(90_000);

  it('lets go of the mirrors and of the messages at once, whatever the grace time', async () => {
    await withProcesses(async (processes) => {
      const worker = processes.worker('downloader', { WIKIFLEET_GRACE_SECONDS: '60' });
      await until('two files are on their way', () => {
        const files = new Set(worker.events('download_progressed').map((line) => line['file']));
        return files.size === 2 && processes.mirror.connections.now === 2;
      });
      const began = Date.now();
      worker.kill('SIGTERM');
      await until('no connection is left', () => processes.mirror.connections.now === 0);
      const closed = Date.now() - began;
      const shown = await processes.handedBackAfter(began, 'DOWNLOAD');
      const { code, ms, stderr } = await exitAfter(worker, began);
      assert.ok(closed < SOON_MS, `the last connection was closed after ${closed} ms`);
      assert.ok(shown < SOON_MS, `the messages show again after ${shown} ms`);
      assert.deepEqual([code, stderr], [0, '']);
      assert.ok(ms < SOON_MS, `it is gone after ${ms} ms`);
      assert.deepEqual(await processes.depth('DOWNLOAD'), { visible: 2, inFlight: 0 });
      assert.equal(worker.events('job handed back').length, 2);
      assertNamed(worker.lines(), false);
    }, 40_000);
  });
});
