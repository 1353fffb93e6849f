import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { LONG_TESTS } from '@wikifleet/testing/extent';
import { FIXTURES, inFolder, run, start, until } from './programs.js';
import { dumpXml, folderOf } from './small-dumps.js';

const START = 'wikifleet/dist/start.js';
const DUMPS = join(FIXTURES, 'dumps');
/** The reason is on the console within seconds of the fault; on a busy machine at least before a message shows again. */
const MAX_MS = 100_000;

function mount(...args: string[]): boolean {
  return spawnSync('/bin/mount', args).status === 0;
}

/** A file system of its own of so many kilobytes; skips where this user cannot mount one. */
async function inSmallDisk(
  test: Mocha.Context,
  kilobytes: number,
  body: (disk: string) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    const disk = join(folder, 'disk');
    await mkdir(disk);
    if (!mount('-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', disk))
      test.skip('root and the right to mount a tmpfs');
    try {
      await body(disk);
    } finally {
      spawnSync('/bin/umount', [disk]);
    }
  });
}

/** Writes until the disk is full. */
async function fill(path: string): Promise<void> {
  const handle = await open(path, 'w');
  try {
    for (const size of [65_536, 4096, 1]) {
      for (;;) await handle.write(Buffer.alloc(size));
    }
  } catch {
    // full
  } finally {
    await handle.close();
  }
}

describe('npm start without room', function () {
  this.timeout(240_000);

  // 40: nothing can be written; 300 and 700: in the middle; 3000: the sample does not fit (all but 300 in the long run)
  const sizes: [kilobytes: number, args: readonly string[]][] = [
    [40, ['--from', DUMPS]],
    [300, ['--from', DUMPS]],
    [700, ['--from', DUMPS]],
    [3000, ['--sample-megabytes', '20']],
  ];
  for (const [kilobytes, args] of LONG_TESTS ? sizes : sizes.slice(1, 2)) {
    it(`of ${kilobytes} kB ends with the file and the reason, and goes on when there is room`, async function () {
      await inSmallDisk(this, kilobytes, async (disk) => {
        const out = join(disk, 'out');
        const began = Date.now();
        const { code, stderr } = await run(START, [...args, '--out', out]);
        assert.ok(Date.now() - began < 2 * MAX_MS, `${Date.now() - began} ms`);
        assert.ok(code === 1 || code === 2, `${code}: ${stderr}`);
        assert.match(stderr, /^wikifleet: .*ENOSPC: no space left on device/m);
        assert.ok(stderr.includes(disk), stderr);
        assert.doesNotMatch(stderr, /\n {4}at |Unhandled|node:internal/, 'no stack');
        assert.ok(mount('-o', 'remount,size=200m', disk));
        const again = await run(START, [...args, '--out', out]);
        assert.match(
          again.stdout,
          args[0] === '--from' ? /\d+ of \d+ runs complete, 537 rows/ : /2 of 2 runs complete/,
        );
      });
    });
  }

  it('whose disk is filled meanwhile ends within seconds, and the same command completes the run', async function () {
    await inSmallDisk(this, 60_000, async (disk) => {
      const out = join(disk, 'out');
      const names = Array.from({ length: 40 }, (_, n) => [
        `twiki-20261001-pages-articles${n + 1}.xml`,
        dumpXml([n + 1]),
      ]);
      const from = await folderOf(disk, 'in', Object.fromEntries(names) as Record<string, string>);
      const fleet = start(START, ['--from', from, '--out', out]);
      await until('rows are written', () => existsSync(join(out, 'rows')), 60);
      await fill(join(disk, 'filler'));
      const filledAt = Date.now();
      const { code, stderr } = await fleet.ended;
      assert.ok(Date.now() - filledAt < MAX_MS, `${Date.now() - filledAt} ms`);
      assert.equal(code, 1, stderr);
      assert.match(stderr, /^wikifleet: .*ENOSPC.*Make room, and run the same command again/m);
      await unlink(join(disk, 'filler'));
      const again = await run(START, ['--from', from, '--out', out]);
      assert.equal(again.code, 0, again.stderr);
      assert.match(again.stdout, /1 of 1 run complete, 40 rows/);
    });
  });

  it('for the logs alone completes the run, and says so once a log', async function () {
    await inFolder(async (folder) => {
      const out = join(folder, 'out');
      const logs = join(out, '.wikifleet', 'logs');
      await mkdir(logs, { recursive: true });
      if (!mount('-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', logs)) this.skip('root and the right to mount a tmpfs');
      const names = Array.from({ length: 20 }, (_, n) => [`twiki-20261001-pages-articles${n + 1}.xml`, dumpXml([n])]);
      const from = await folderOf(folder, 'in', Object.fromEntries(names) as Record<string, string>);
      try {
        const { code, stdout, stderr } = await run(START, ['--from', from, '--out', out]);
        assert.equal(code, 0, stderr);
        assert.match(stdout, /1 of 1 run complete, 20 rows/);
        const said = stderr.match(
          /^wikifleet: the log .*converter-1\.log cannot be written \(ENOSPC.*\); the run goes on/gm,
        );
        assert.equal(said?.length, 1, stderr);
      } finally {
        spawnSync('/bin/umount', [logs]);
      }
    });
  });

  it('on a read-only disk', async function () {
    await inSmallDisk(this, 5000, async (disk) => {
      assert.ok(mount('-o', 'remount,ro', disk));
      const { code, stderr } = await run(START, ['--from', DUMPS, '--out', join(disk, 'out')]);
      assert.equal(code, 2);
      assert.match(stderr, /^wikifleet: --out .*disk\/out cannot be written: EROFS: read-only file system/m);
    });
  });

  it('whose --out vanishes ends within seconds', async () => {
    await inFolder(async (folder) => {
      const names = Array.from({ length: 200 }, (_, n) => [
        `twiki-20261001-pages-articles${n + 1}.xml`,
        dumpXml([n + 1]),
      ]);
      const from = await folderOf(folder, 'in', Object.fromEntries(names) as Record<string, string>);
      const out = join(folder, 'out');
      const fleet = start(START, ['--from', from, '--out', out]);
      await until('rows are written', () => existsSync(join(out, 'rows')), 60);
      await rm(out, { recursive: true, force: true, maxRetries: 50 });
      const goneAt = Date.now();
      const { code, stderr } = await fleet.ended;
      assert.ok(Date.now() - goneAt < MAX_MS, `${Date.now() - goneAt} ms`);
      assert.equal(code, 1, stderr);
      assert.match(stderr, /^wikifleet: .*out.*(?:not there any more|ENOENT)/m);
    });
  });
});
