import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../end-to-end/programs.js';
import { DownloadFleet, memoryOf, writeRun } from './download-fleet.js';
import { FTP_SERVERS, FtpDaemon } from './ftp-daemon.js';
import type { FtpDaemonKind } from './ftp-daemon.js';

const MB = 1e6;
const LARGE = 300 * MB;
const KINDS: readonly FtpDaemonKind[] = ['vsftpd', 'proftpd'];
const SEED = ['--wiki', 'testwiki', '--date', 'latest', '--kind', 'articles', '--json'];

describe('downloads from vsftpd and proftpd', function () {
  this.timeout(180_000);
  let folder: string;
  let sums: Map<string, string>;
  let small: Map<string, string>;
  const daemons: FtpDaemon[] = [];
  let fleet: DownloadFleet | null = null;
  const watches: NodeJS.Timeout[] = [];

  before(async function () {
    if (FTP_SERVERS === undefined) return this.skip('WIKIFLEET_FTP_SERVERS (tests/tools/ftp-servers.sh)');
    folder = await mkdtemp(join(tmpdir(), 'wikifleet-servers-'));
    // the servers may run as nobody
    await chmod(folder, 0o755);
    sums = await writeRun(join(folder, 'large'), [LARGE]);
    small = await writeRun(
      join(folder, 'small'),
      Array.from({ length: 8 }, (_, at) => 20 * MB + at),
    );
  });
  after(async () => {
    if (FTP_SERVERS !== undefined) await rm(folder, { recursive: true, force: true });
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed')
      console.log(fleet?.events('mirror rests').slice(-3), fleet?.events('download_resumed').slice(-3));
    for (const watch of watches.splice(0)) clearInterval(watch);
    await fleet?.close();
    fleet = null;
    for (const daemon of daemons.splice(0)) await daemon.kill();
  });

  async function serve(
    kind: FtpDaemonKind,
    options: { run?: string; maxClients?: number; megabytesPerSecond?: number } = {},
  ): Promise<FtpDaemon> {
    const { run = 'large', maxClients = 3, megabytesPerSecond = 60 } = options;
    const daemon = await FtpDaemon.start(kind, {
      root: join(folder, run),
      state: join(folder, 'state'),
      maxClients,
      bytesPerSecond: megabytesPerSecond * MB,
    });
    daemons.push(daemon);
    return daemon;
  }

  /** Starts a fleet whose mirrors are the daemons so far, and seeds the run that they have. */
  async function seeded(connections = 3): Promise<DownloadFleet> {
    const own = await mkdtemp(join(folder, 'fleet-'));
    await mkdir(own, { recursive: true });
    const mirrors = daemons.map(({ kind, port, root }, at) => ({ name: `${kind}-${at + 1}`, port, root, connections }));
    fleet = await DownloadFleet.start(own, mirrors);
    const { code, stderr } = await fleet.seed(SEED);
    assert.equal(code, 0, stderr);
    return fleet;
  }

  async function assertWhole(of: ReadonlyMap<string, string>): Promise<void> {
    for (const [file, sha1] of of) assert.equal(await fleet?.sha1OfRaw(file), sha1, file);
  }

  /** Counts the connections to a server every 5 ms until the end of the test; returns a function that gives the maximum so far. */
  function watch(daemon: FtpDaemon): () => number {
    let most = 0;
    watches.push(setInterval(() => (most = Math.max(most, daemon.connections())), 5));
    return () => most;
  }

  for (const kind of KINDS) {
    it(`300 MB through drops of ${kind}`, async () => {
      const daemon = await serve(kind, { megabytesPerSecond: 25 });
      const { events, received, downloaded } = bound(await seeded());
      fleet?.startDownloader();
      const [file = ''] = sums.keys();
      for (let dropped = 0, before = 0; dropped < 4; before = received(file)) {
        await until('more has come', () => received(file) > before && daemon.connections() > 0, 60);
        dropped += await daemon.dropSessions();
      }
      await downloaded([...sums.keys()], 60);
      await assertWhole(sums);
      const resumed = events('download_resumed').filter(({ offset }) => Number(offset) > 0);
      assert.ok(resumed.length >= 4, `it went on ${resumed.length} times`);
    });

    it(`300 MB through restarts of ${kind}`, async () => {
      const daemon = await serve(kind);
      const { received, downloaded } = bound(await seeded());
      fleet?.startDownloader();
      const [file = ''] = sums.keys();
      for (const at of [40, 160]) {
        await until(`${at} MB are there`, () => received(file) >= at * MB, 60);
        await daemon.kill();
        await sleep(1500);
        await daemon.start();
      }
      await downloaded([...sums.keys()], 60);
      await assertWhole(sums);
    });

    it(`files of 20 MB through a full house of ${kind}`, async () => {
      const daemon = await serve(kind, { run: 'small', maxClients: 1 });
      const { events, downloaded } = bound(await seeded());
      const seen = watch(daemon);
      fleet?.startDownloader();
      await downloaded([...small.keys()], 120);
      await assertWhole(small);
      const rests = events('mirror rests');
      assert.ok(rests.length > 0, 'nobody was turned away');
      assert.deepEqual(
        rests.filter(({ why }) => why !== 'busy'),
        [],
      );
      const most = seen();
      assert.ok(most <= 3, `${most} connections at once`);
    });
  }

  for (const [first, second] of [
    ['vsftpd', 'proftpd'],
    ['proftpd', 'vsftpd'],
  ] as const) {
    it(`300 MB where ${first} is killed for good, and ${second} stands`, async () => {
      const doomed = await serve(first);
      await serve(second);
      const { events, received, downloaded } = bound(await seeded());
      fleet?.startDownloader();
      const [file = ''] = sums.keys();
      await until('100 MB are there', () => received(file) >= 100 * MB, 60);
      await doomed.kill();
      await downloaded([...sums.keys()], 60);
      await assertWhole(sums);
      const [resumed] = events('download_resumed');
      assert.equal(resumed?.['mirror'], `${first}-1`);
      assert.ok(Number(resumed?.['offset']) >= 100 * MB - 8 * MB, `went on at ${String(resumed?.['offset'])}`);
      assert.equal(events('file_downloaded')[0]?.['mirror'], `${second}-2`);
    });
  }

  it('two tasks never hold more than the limit together, through drops, and are never turned away', async () => {
    const daemon = await serve('vsftpd', { run: 'small', maxClients: 4, megabytesPerSecond: 15 });
    const { events, downloaded } = bound(await seeded(4));
    const seen = watch(daemon);
    for (let i = 0; i < 2; i += 1)
      fleet?.startDownloader({ WIKIFLEET_DOWNLOADERS: '2', WIKIFLEET_DOWNLOAD_SLOTS: '6' });
    for (let i = 0; i < 3; i += 1) {
      await until('something comes', () => events('download_progressed').length > 2 * i);
      await daemon.dropSessions();
    }
    await downloaded([...small.keys()], 120);
    await assertWhole(small);
    assert.equal(seen(), 4);
    assert.deepEqual(
      events('mirror rests').filter(({ why }) => why === 'busy'),
      [],
    );
  });

  it('three files of 300 MB at once by a task in less than 150 MB of memory', async () => {
    const run = await writeRun(join(folder, 'three'), [LARGE, LARGE, LARGE]);
    await serve('vsftpd', { run: 'three', megabytesPerSecond: 1000 });
    const { events } = bound(await seeded());
    const downloader = fleet?.startDownloader();
    let own = 0;
    await until(
      'all are there',
      async () => {
        own = Math.max(own, (await memoryOf(downloader?.pid ?? -1)).own);
        return events('file_downloaded').length === run.size;
      },
      120,
    );
    const { peak } = await memoryOf(downloader?.pid ?? -1);
    console.log(
      `      ${(own / MB).toFixed(0)} MB of its own at most, ${(peak / MB).toFixed(0)} MB with what is mapped`,
    );
    await assertWhole(run);
    assert.ok(own < 150 * MB, `${own} bytes`);
  });
});

/** The fleet's questions, as functions. */
function bound(fleet: DownloadFleet): Pick<DownloadFleet, 'events' | 'received' | 'downloaded'> {
  return {
    events: (event) => fleet.events(event),
    received: (file) => fleet.received(file),
    downloaded: async (files, seconds) => await fleet.downloaded(files, seconds),
  };
}
