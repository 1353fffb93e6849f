import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import {
  appendFile,
  chmod,
  copyFile,
  link,
  mkdir,
  open,
  readFile,
  readdir,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { FIXTURES, ROOT, inFolder, run, start, until } from './programs.js';
import type { Ended } from './programs.js';

const CONVERT = 'wikifleet/dist/convert.js';
const DUMP = join(FIXTURES, 'dumps/aawiki-20260101-pages-meta-current.xml.bz2');
const OLDER = 'an older file\n';

/** A dump of so many bytes or some more, in which nothing is wrong. */
function dumpOf(bytes: number, text_ = 'x'.repeat(1000)): string {
  const pages: string[] = [];
  for (let id = 1, size = 0; size < bytes; id += 1) {
    const revision = `<revision><id>${id}</id><timestamp>2026-01-01T00:00:00Z</timestamp><text>${text_}</text></revision>`;
    pages.push(`<page><title>${id}</title><ns>0</ns><id>${id}</id>${revision}</page>\n`);
    size += pages.at(-1)?.length ?? 0;
  }
  return `<mediawiki><siteinfo><dbname>aawiki</dbname></siteinfo>\n${pages.join('')}</mediawiki>\n`;
}

/** One revision of two goes to the quarantine. */
const PARTLY = dumpOf(1, 'good').replace(
  '</page>',
  '<revision><id>9</id><timestamp>2026-01-01T00:00:00Z</timestamp><text>&#xB;</text></revision></page>',
);

/** Runs it with standard output in a file, as a shell's `>` and `>>` do. */
async function runInto(
  path: string,
  flags: 'w' | 'a',
  args: readonly string[],
): Promise<Pick<Ended, 'code' | 'stderr'>> {
  const file = await open(path, flags);
  try {
    const child = spawn(process.execPath, [join(ROOT, 'apps', CONVERT), ...args], {
      stdio: ['ignore', file.fd, 'pipe'],
    });
    assert.ok(child.stderr);
    const stderr = text(child.stderr);
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { code, stderr: await stderr };
  } finally {
    await file.close();
  }
}

const lines = async (path: string): Promise<number> => (await readFile(path, 'utf8')).split('\n').length - 1;

describe('convert and the files of its user', function () {
  this.timeout(120_000);

  /** Each prepares its files in a folder that holds `dump.bz2`, and returns the arguments. */
  const same: [what: string, prepare: (folder: string) => Promise<readonly string[]>][] = [
    ['the dump itself', async (f) => await Promise.resolve([join(f, 'dump.bz2'), '--out', join(f, 'dump.bz2')])],
    [
      'the dump by another spelling',
      async (f) => {
        await mkdir(join(f, 'sub'));
        return [join(f, 'dump.bz2'), '--out', `${f}/sub/..//./dump.bz2`];
      },
    ],
    [
      'a symbolic link to the dump',
      async (f) => {
        await symlink('dump.bz2', join(f, 'link'));
        return [join(f, 'dump.bz2'), '--out', join(f, 'link')];
      },
    ],
    [
      'a chain of symbolic links to the dump',
      async (f) => {
        await symlink('dump.bz2', join(f, 'a'));
        await symlink(join(f, 'a'), join(f, 'b'));
        return [join(f, 'dump.bz2'), '--out', join(f, 'b')];
      },
    ],
    [
      'the dump in a folder behind a link',
      async (f) => {
        await symlink('.', join(f, 'here'));
        return [join(f, 'dump.bz2'), '--out', join(f, 'here', 'dump.bz2')];
      },
    ],
    [
      'what the dump is a symbolic link to',
      async (f) => {
        await symlink('dump.bz2', join(f, 'link'));
        return [join(f, 'link'), '--out', join(f, 'dump.bz2')];
      },
    ],
    [
      'a hard link to the dump',
      async (f) => {
        await link(join(f, 'dump.bz2'), join(f, 'hard'));
        return [join(f, 'dump.bz2'), '--out', join(f, 'hard')];
      },
    ],
    [
      'the dump, as quarantine',
      async (f) => await Promise.resolve([join(f, 'dump.bz2'), '--quarantine', join(f, 'dump.bz2')]),
    ],
    [
      'a dump that is named as the growing file would be',
      async (f) => {
        await copyFile(DUMP, join(f, 'rows.partial'));
        return [join(f, 'rows.partial'), '--out', join(f, 'rows')];
      },
    ],
    [
      'a link to the dump where the growing file would be',
      async (f) => {
        await symlink('dump.bz2', join(f, 'rows.partial'));
        return [join(f, 'dump.bz2'), '--out', join(f, 'rows')];
      },
    ],
    [
      'one file as rows and quarantine',
      async (f) =>
        await Promise.resolve([join(f, 'dump.bz2'), '--out', join(f, 'new'), '--quarantine', join(f, 'new')]),
    ],
    [
      'one file as rows and quarantine, which is there, by two links',
      async (f) => {
        await writeFile(join(f, 'older'), OLDER);
        await link(join(f, 'older'), join(f, 'hard'));
        await symlink('older', join(f, 'link'));
        return [join(f, 'dump.bz2'), '--out', join(f, 'hard'), '--quarantine', join(f, 'link')];
      },
    ],
    [
      'a quarantine where the rows would grow',
      async (f) => {
        await writeFile(join(f, 'rows.partial'), OLDER);
        return [join(f, 'dump.bz2'), '--out', join(f, 'rows'), '--quarantine', join(f, 'rows.partial')];
      },
    ],
  ];
  for (const [what, prepare] of same) {
    it(`refuses ${what}, and changes nothing`, async () => {
      await inFolder(async (folder) => {
        await copyFile(DUMP, join(folder, 'dump.bz2'));
        const args = await prepare(folder);
        const contents = async (): Promise<[string, string][]> => {
          const names = (await readdir(folder)).filter((name) => name !== 'sub' && name !== 'here').toSorted();
          return await Promise.all(
            names.map(async (name): Promise<[string, string]> => [name, await readFile(join(folder, name), 'latin1')]),
          );
        };
        const before = await contents();
        const ended = await run(CONVERT, args);
        assert.deepEqual(await contents(), before);
        assert.equal(ended.code, 2, ended.stderr);
        assert.match(ended.stderr, /^wikifleet: .* would overwrite .*: choose another file\n$/);
      });
    });
  }

  it('refuses to append to the dump, and writes elsewhere through > and >>', async () => {
    await inFolder(async (folder) => {
      const [dump, out] = [join(folder, 'dump.bz2'), join(folder, 'out')];
      await copyFile(DUMP, dump);
      const refused = await runInto(dump, 'a', [dump]);
      assert.deepEqual([refused.code, (await stat(dump)).size], [2, (await stat(DUMP)).size]);
      await writeFile(out, OLDER);
      const appended = await runInto(out, 'a', [dump]);
      assert.equal(appended.code, 0, appended.stderr);
      const named = await runInto(out, 'a', [dump, '--out', '/dev/stdout']);
      assert.equal(named.code, 0, named.stderr);
      const content = await readFile(out, 'utf8');
      assert.ok(content.startsWith(OLDER), 'what was there stays');
      const both = await runInto(out, 'a', [dump, '--quarantine', out]);
      assert.equal(both.code, 2, both.stderr);
      assert.equal(await readFile(out, 'utf8'), content);
    });
  });

  it('writes what links lead to, keeps the mode of a file, and leaves its other names alone', async () => {
    await inFolder(async (folder) => {
      const path = (name: string): string => join(folder, name);
      await writeFile(path('older'), OLDER);
      await chmod(path('older'), 0o640);
      await link(path('older'), path('hard'));
      await symlink('older', path('link'));
      await symlink('new', path('dangling'));
      assert.equal((await run(CONVERT, [DUMP, '--out', path('link')])).code, 0);
      assert.equal((await run(CONVERT, [DUMP, '--out', path('dangling')])).code, 0);
      assert.ok((await lines(path('older'))) > 3);
      assert.equal(await readFile(path('new'), 'utf8'), await readFile(path('older'), 'utf8'));
      assert.equal((await stat(path('older'))).mode & 0o777, 0o640);
      assert.equal(await readFile(path('hard'), 'utf8'), OLDER);
      assert.deepEqual((await readdir(folder)).toSorted(), ['dangling', 'hard', 'link', 'new', 'older']);
    });
  });

  it('writes rows and quarantine; one of the two may be a device', async () => {
    await inFolder(async (folder) => {
      const [dump, rows, bad] = ['dump.xml', 'rows', 'bad'].map((name) => join(folder, name)) as [
        string,
        string,
        string,
      ];
      await writeFile(dump, PARTLY);
      const ended = await run(CONVERT, [dump, '--out', rows, '--quarantine', bad]);
      assert.deepEqual([ended.code, await lines(rows), await lines(bad)], [0, 1, 1], ended.stderr);
      assert.match(
        ended.stderr,
        /\n {2}1 piece that could not be read\n {2}1 page of which something could not be read\n {4}page "1", revision 9, ENTITY_REFUSED: .*\n$/,
      );
      const without = await run(CONVERT, [dump, '--out', '/dev/null', '--quarantine', '/dev/null']);
      assert.equal(without.code, 0, without.stderr);
      assert.deepEqual((await readdir(folder)).toSorted(), ['bad', 'dump.xml', 'rows']);
    });
  });

  it('writes to a named pipe, and ends as a shell expects when its reader goes away', async () => {
    await inFolder(async (folder) => {
      const [dump, pipe] = [join(folder, 'dump.xml'), join(folder, 'pipe')];
      await writeFile(dump, dumpOf(2_000_000));
      assert.equal(spawnSync('mkfifo', [pipe]).status, 0);
      const reader = spawn('cat', [pipe], { stdio: ['ignore', 'pipe', 'ignore'] });
      const read = text(reader.stdout);
      assert.equal((await run(CONVERT, [dump, '--out', pipe])).code, 0);
      assert.equal(await read, (await run(CONVERT, [dump])).stdout);
      const impatient = spawn('head', ['-c', '10', pipe], { stdio: 'ignore' });
      assert.equal((await run(CONVERT, [dump, '--out', pipe])).code, 141);
      impatient.kill();
    });
  });

  it('keeps an older file when the dump is not complete; what was converted is in .partial, until the next run', async () => {
    await inFolder(async (folder) => {
      const [cut, out, bad] = ['cut.xml', 'rows', 'bad'].map((name) => join(folder, name)) as [string, string, string];
      await writeFile(cut, PARTLY.replace('</mediawiki>', ''));
      await writeFile(out, OLDER);
      for (let round = 0; round < 2; round += 1) {
        const ended = await run(CONVERT, [cut, '--out', out, '--quarantine', bad]);
        assert.equal(ended.code, 1);
        assert.ok(ended.stderr.endsWith(`\nwikifleet: what was converted is in ${out}.partial and ${bad}.partial\n`));
        assert.equal(await readFile(out, 'utf8'), OLDER);
        assert.deepEqual([await lines(`${out}.partial`), await lines(`${bad}.partial`)], [1, 1]);
      }
      await appendFile(cut, '</mediawiki>\n');
      assert.equal((await run(CONVERT, [cut, '--out', out, '--quarantine', bad])).code, 0);
      assert.deepEqual((await readdir(folder)).toSorted(), ['bad', 'cut.xml', 'rows']);
    });
  });

  it('leaves no file where nothing was converted', async () => {
    await inFolder(async (folder) => {
      await writeFile(join(folder, 'page.html'), '<html><body>moved</body></html>');
      const ended = await run(CONVERT, [join(folder, 'page.html'), '--out', join(folder, 'rows')]);
      assert.equal(ended.code, 1);
      assert.doesNotMatch(ended.stderr, /what was converted/);
      assert.deepEqual(await readdir(folder), ['page.html']);
    });
  });

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`keeps an older file at ${signal}, and names what it leaves`, async () => {
      await inFolder(async (folder) => {
        const [dump, out] = [join(folder, 'dump.xml'), join(folder, 'rows')];
        await writeFile(dump, dumpOf(60_000_000));
        await writeFile(out, OLDER);
        const { child, ended } = start(CONVERT, [dump, '--out', out, '--workers', '1', '--engine', 'reference']);
        await until(
          'rows are there',
          async () => (await stat(`${out}.partial`).catch(() => null))?.size !== 0 && existsSync(`${out}.partial`),
        );
        child.kill(signal);
        const { code, stderr } = await ended;
        assert.equal(stderr, `wikifleet: ${dump}: stopped by ${signal}; what was converted is in ${out}.partial\n`);
        assert.equal(code, 130);
        assert.equal(await readFile(out, 'utf8'), OLDER);
        assert.ok((await stat(`${out}.partial`)).size > 0);
      });
    });
  }

  it('refuses a file that another process is writing, and goes over what a killed one left', async function () {
    if (process.platform !== 'linux') this.skip('Linux');
    await inFolder(async (folder) => {
      const [dump, out] = [join(folder, 'dump.xml'), join(folder, 'rows')];
      await writeFile(dump, dumpOf(60_000_000));
      const first = start(CONVERT, [dump, '--out', out, '--workers', '1', '--engine', 'reference']);
      await until('it is written', () => existsSync(`${out}.partial`));
      const second = await run(CONVERT, [DUMP, '--out', out]);
      assert.equal(second.code, 2);
      assert.match(
        second.stderr,
        new RegExp(`^wikifleet: --out .* is being written by process ${first.child.pid}: .*\n$`),
      );
      first.child.kill('SIGKILL');
      await first.ended;
      assert.ok(existsSync(`${out}.partial`) && !existsSync(out));
      assert.equal((await run(CONVERT, [DUMP, '--out', out])).code, 0);
      assert.deepEqual((await readdir(folder)).toSorted(), ['dump.xml', 'rows']);
    });
  });

  it('gives one of the files where several are begun at once, whole', async () => {
    await inFolder(async (folder) => {
      const out = join(folder, 'rows');
      const expected = (await run(CONVERT, [DUMP])).stdout;
      const ended = await Promise.all(Array.from({ length: 4 }, async () => await run(CONVERT, [DUMP, '--out', out])));
      assert.ok(ended.some(({ code }) => code === 0));
      for (const { code, stderr } of ended) assert.ok(code === 0 || /being written|has replaced/.test(stderr), stderr);
      assert.equal(await readFile(out, 'utf8'), expected);
      assert.deepEqual(await readdir(folder), ['rows']);
    });
  });

  it('says in one line that a disk is full, and keeps an older file (as root on Linux only)', async function () {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) this.skip('Linux and root');
    await inFolder(async (folder) => {
      const [dump, disk] = [join(folder, 'dump.xml'), join(folder, 'disk')];
      await writeFile(dump, dumpOf(3_000_000));
      await mkdir(disk);
      if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]).status !== 0)
        this.skip('root and the right to mount a tmpfs');
      try {
        const out = join(disk, 'rows');
        await writeFile(out, OLDER);
        const ended = await run(CONVERT, [dump, '--out', out]);
        assert.equal(
          ended.stderr,
          `wikifleet: ${out} cannot be written: ENOSPC: no space left on device; what was converted is in ${out}.partial\n`,
        );
        assert.equal(ended.code, 1);
        assert.equal(await readFile(out, 'utf8'), OLDER);
        const redirected = await runInto(join(disk, 'stdout'), 'w', [dump]);
        assert.equal(
          redirected.stderr,
          'wikifleet: standard output cannot be written: ENOSPC: no space left on device\n',
        );
        assert.equal(redirected.code, 1);
        assert.equal(spawnSync('mount', ['-o', 'remount,ro', disk]).status, 0);
        const readOnly = await run(CONVERT, [dump, '--out', out]);
        assert.equal(readOnly.stderr, `wikifleet: --out ${out} cannot be written: EROFS: read-only file system\n`);
        assert.equal(readOnly.code, 2);
      } finally {
        spawnSync('umount', [disk]);
      }
    });
  });

  it('fails where the last write to a redirected standard output is cut short (Linux only)', async function () {
    if (process.platform !== 'linux') this.skip('Linux');
    await inFolder(async (folder) => {
      const [dump, rows] = [join(folder, 'dump.xml'), join(folder, 'rows')];
      // rows of some 10 KB, which are written at once, into a file that may have 4 KiB
      await writeFile(dump, dumpOf(10_000));
      const command = `ulimit -f 4; exec '${process.execPath}' '${join(ROOT, 'apps', CONVERT)}' '${dump}' > '${rows}'`;
      const ended = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
      assert.equal(ended.stderr, 'wikifleet: standard output cannot be written: EFBIG: file too large\n');
      assert.equal(ended.status, 1);
      assert.equal((await stat(rows)).size, 4096);
    });
  });

  it('says in one line that a device is full (Linux only)', async function () {
    if (!existsSync('/dev/full')) this.skip('/dev/full');
    const ended = await run(CONVERT, [DUMP, '--out', '/dev/full']);
    assert.equal(ended.stderr, 'wikifleet: /dev/full cannot be written: ENOSPC: no space left on device\n');
    assert.equal(ended.code, 1);
  });

  const places: [what: string, out: (folder: string) => string, says: RegExp][] = [
    ['a folder', (f) => f, /cannot be written: it is a folder$/],
    ['a folder that is not there', (f) => join(f, 'none', 'rows'), /cannot be written: there is no folder .*none$/],
    ['below a file', () => join(DUMP, 'rows'), /cannot be written: ENOTDIR: not a directory$/],
  ];
  for (const [what, out, says] of places) {
    it(`refuses ${what} in one line`, async () => {
      await inFolder(async (folder) => {
        const ended = await run(CONVERT, [DUMP, '--out', out(folder)]);
        assert.match(ended.stderr.trimEnd(), says);
        assert.deepEqual([ended.code, ended.stderr.split('\n').length], [2, 2]);
        assert.deepEqual(await readdir(folder), []);
      });
    });
  }
});
