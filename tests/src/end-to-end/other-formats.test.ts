import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFile, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LONG_TESTS } from '@wikifleet/testing/extent';
import { FIXTURES, inFolder, run } from './programs.js';

const CONVERT = 'wikifleet/dist/convert.js';
const DUMP = join(FIXTURES, 'dumps/aawiki-20260101-pages-meta-current.xml.bz2');

/** A shell command in a folder that holds `dump.xml`: it makes the file of this name. */
const FORMATS: readonly [name: string, needs: readonly string[], make: string, is: RegExp][] = [
  ['dump.xml.xz', ['xz'], 'xz -c dump.xml > dump.xml.xz', /received an xz file\. /],
  ['xz.xml.bz2', ['xz'], 'xz -c dump.xml > xz.xml.bz2', /received an xz file\. /],
  ['dump.xml.lzma', ['xz'], 'xz --format=lzma -c dump.xml > dump.xml.lzma', /received an lzma file\. /],
  ['dump.xml.zst', ['zstd'], 'zstd -qc dump.xml > dump.xml.zst', /received a zstd file\. /],
  ['dump.xml.lz4', ['lz4'], 'lz4 -qc dump.xml > dump.xml.lz4', /received an lz4 file\. /],
  ['dump.xml.lz', ['lzip'], 'lzip -c dump.xml > dump.xml.lz', /received an lzip file\. /],
  ['dump.zip', ['zip', 'unzip'], 'zip -q dump.zip dump.xml', /received a zip archive\. /],
  ['dump.tar', ['tar'], 'tar -cf dump.tar dump.xml', /received a tar archive\. /],
  ['old.tar', ['tar'], 'tar --format=v7 -cf old.tar dump.xml', /received a tar archive\. /],
  ['dump.tar.bz2', ['tar', 'bzip2'], 'tar -cjf dump.tar.bz2 dump.xml', /received a tar archive inside of bzip2\. /],
  ['dump.tgz', ['tar', 'gzip'], 'tar -czf dump.tgz dump.xml', /received a tar archive inside of gzip\. /],
  ['gz.xml.bz2', ['gzip', 'bzip2'], 'gzip -c dump.xml | bzip2 > gz.xml.bz2', /received gzip data inside of bzip2\. /],
  [
    'dump.xml.bz2.gz',
    ['gzip', 'bzip2'],
    'bzip2 -c dump.xml | gzip > dump.xml.bz2.gz',
    /received bzip2 data inside of gzip\. /,
  ],
  ['two.bz2', ['bzip2'], 'bzip2 -c dump.xml | bzip2 > two.bz2', /received bzip2 data inside of bzip2\. /],
  ['xz.gz', ['xz', 'gzip'], 'xz -c dump.xml | gzip > xz.gz', /received an xz file inside of gzip\. /],
  ["it's a dump.xml.xz", ['xz'], `xz -c dump.xml > "it's a dump.xml.xz"`, /received an xz file\. /],
];

/** Those of the default run: what Wikimedia and the Internet Archive offer, and one of each way to pack a file twice. */
const USUAL = new Set(['dump.xml.xz', 'dump.zip', 'dump.xml.zst', 'dump.tar.bz2', 'gz.xml.bz2', "it's a dump.xml.xz"]);

describe('dumps in other formats', function () {
  let rows: string;
  let xml: Buffer;

  before(async function () {
    if (spawnSync('bzip2', ['--help']).error !== undefined) {
      return this.skip('bzip2');
    }
    xml = spawnSync('bzip2', ['-dc', DUMP], { maxBuffer: 2 ** 28 }).stdout;
    rows = (await run(CONVERT, [DUMP])).stdout;
    return undefined;
  });

  for (const [name, needs, make, is] of FORMATS) {
    it(`${name}: the error says what it is, and its command makes a dump`, async function () {
      if (!LONG_TESTS && !USUAL.has(name)) this.skip('WIKIFLEET_LONG_TESTS=1');
      if (needs.some((program) => spawnSync(program, ['--version']).error !== undefined)) {
        return this.skip(needs.join(' and '));
      }
      await inFolder(async (folder) => {
        await writeFile(join(folder, 'dump.xml'), xml);
        const shell = (command: string) => spawnSync('sh', ['-ec', command], { cwd: folder, encoding: 'utf8' });
        assert.equal(shell(make).status, 0);
        const there = new Set(await readdir(folder));
        const ended = await run(CONVERT, [join(folder, name)]);
        assert.deepEqual([ended.code, ended.stdout], [1, '']);
        assert.match(ended.stderr, is);
        const [, command = ''] = /\. Make a dump of it: (.*)\n$/.exec(ended.stderr) ?? [];
        const made = shell(command);
        assert.equal(made.status, 0, `${command}: ${made.stderr}`);
        const added = (await readdir(folder)).filter((one) => !there.has(one));
        assert.equal(added.length, 1, `${command}: made ${added.join(', ')}`);
        assert.ok(added[0]?.endsWith('.xml.bz2'), added[0]);
        const converted = await run(CONVERT, [join(folder, added[0] ?? '')]);
        assert.equal(converted.code, 0, converted.stderr);
        assert.equal(converted.stdout, rows);
      });
      return undefined;
    });
  }

  it('a tar archive gives no rows, although the pages in it could be read', async () => {
    await inFolder(async (folder) => {
      await copyFile(DUMP, join(folder, 'a.bz2'));
      const tar = spawnSync('tar', ['-cf', join(folder, 'a.tar'), '-C', folder, 'a.bz2']);
      if (tar.status !== 0) return;
      const ended = await run(CONVERT, [join(folder, 'a.tar'), '--out', join(folder, 'rows')]);
      assert.equal(ended.code, 1);
      assert.deepEqual((await readdir(folder)).toSorted(), ['a.bz2', 'a.tar']);
      assert.ok((await readFile(join(folder, 'a.bz2'))).length > 0);
    });
  });
});
