import assert from 'node:assert/strict';
import { chmod, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { FIXTURES, inFolder, run } from './programs.js';
import { dumpXml, filesBelow, folderOf } from './small-dumps.js';

const START = 'wikifleet/dist/start.js';
const GOOD = dumpXml([1, 2, 3]);
const DUMP = 'twiki-20261001-pages-articles';
const REAL = join(FIXTURES, 'dumps', 'aawiki-20260101-pages-meta-current.xml.bz2');

interface Damage {
  readonly what: string;
  readonly name: string;
  readonly bytes: () => Uint8Array | string | Promise<Uint8Array | string>;
  readonly says: RegExp;
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0xff;
  return copy;
}

/** Each of them has a dump's name, or begins as a dump. */
const DAMAGES: readonly Damage[] = [
  { what: 'an empty file', name: `${DUMP}2.xml-p4p6.bz2`, bytes: () => '', says: /the file is empty/ },
  {
    what: "a proxy's page",
    name: `${DUMP}3.xml-p7p9.bz2`,
    bytes: () => '<!DOCTYPE html>\n<html><head><title>502</title></head></html>',
    says: /an HTML page, "502"/,
  },
  {
    what: 'a damaged first block',
    name: 'aawiki-20260101-pages-meta-current1.xml-p1p9.bz2',
    bytes: async () => flipped(await readFile(REAL), 60),
    says: /bzip2 data at bit/,
  },
  {
    what: 'a file cut in its first block',
    name: 'aawiki-20260101-pages-meta-current2.xml-p10p19.bz2',
    bytes: async () => (await readFile(REAL)).subarray(0, 40),
    says: /bzip2 data at bit|received the end/,
  },
  {
    what: 'a file cut behind',
    name: 'aawiki-20260101-pages-meta-current3.xml-p20p29.bz2',
    bytes: async () => {
      const bytes = await readFile(REAL);
      return bytes.subarray(0, bytes.length - 100);
    },
    says: /bzip2 data at bit/,
  },
  {
    what: 'gzip that was cut',
    name: `${DUMP}4.xml-p10p12.gz`,
    bytes: () => gzipSync(GOOD).subarray(0, 30),
    says: /gzip, byte 30/,
  },
  {
    what: 'xz under another name',
    name: `${DUMP}5.xml-p13p15.bz2`,
    bytes: () => Buffer.from('fd377a585a000004e6d6b446020021011600', 'hex'),
    says: /an xz file/,
  },
  { what: 'zstd', name: 'dump.xml.zst', bytes: () => Buffer.from('28b52ffd640204ad0a00', 'hex'), says: /a zstd file/ },
  { what: 'zero bytes', name: `${DUMP}6.xml-p16p18.bz2`, bytes: () => new Uint8Array(4096), says: /zero bytes/ },
  { what: 'other text', name: `${DUMP}7.xml`, bytes: () => 'Not found\n', says: /begin with "Not found/ },
  {
    what: 'a dump of log events under the name of a dump of pages',
    name: `${DUMP}8.xml`,
    bytes: () => GOOD.replace(/<page>[\s\S]*<\/page>/, '<logitem><id>1</id></logitem>'),
    says: /log events/,
  },
  {
    what: 'a comment without an end',
    name: `${DUMP}9.xml`,
    bytes: () => GOOD.replace('<text', '<!-- <text'),
    says: /a comment without an end at byte \d+: expected the end --> of the comment/,
  },
  {
    what: 'other bytes than those of the declared encoding',
    name: `${DUMP}10.xml`,
    bytes: () => `<?xml version="1.0" encoding="us-ascii"?>\n${dumpXml([1], { text: 'h\u00e9' })}`,
    says: /US-ASCII, as the XML declaration says; received 0xC3/,
  },
  {
    what: 'a dump cut in its text, by any name',
    name: 'download.tmp',
    bytes: () => GOOD.slice(0, -200),
    says: /lacks its end|expected/,
  },
];

const LEFT: Readonly<Record<string, string | Uint8Array>> = {
  'twiki-20261001-pages-articles-multistream-index.txt.bz2': Buffer.from(
    'BZh9\x17\x72\x45\x38\x50\x90\0\0\0\0',
    'latin1',
  ),
  'twiki-20261001-page.sql.gz': gzipSync('-- MySQL dump\n'),
  'twiki-20261001-md5sums.txt': `${'a'.repeat(32)}  x\n`,
  'twiki-20261001-pages-logging.xml.gz': gzipSync(GOOD.replace(/<page>[\s\S]*<\/page>/, '<logitem/>')),
  'twiki-latest-pages-articles.xml.bz2-rss.xml': '<?xml version="1.0"?>\n<rss version="2.0"/>\n',
  'dumpstatus.json': '{"version":"0.8","jobs":{}}',
  'pom.xml': '<?xml version="1.0"?><project/>',
  'photos.zip': Buffer.concat([
    Buffer.from('504b03041400000000000000000000000000000000000000000005000000', 'hex'),
    Buffer.from('a.jpg'),
  ]),
  'notes.txt': 'my <page> of notes\n',
  'empty.log': '',
};

describe('npm start on a folder with damaged files', function () {
  this.timeout(120_000);

  it('names each in one table, writes no manifest of their runs, and converts the others', async () => {
    await inFolder(async (folder) => {
      const files: Record<string, string | Uint8Array> = {
        ...LEFT,
        [`${DUMP}1.xml-p1p3.gz`]: gzipSync(GOOD),
        // another run, of which nothing is damaged
        'otherwiki-20261001-pages-articles.xml': dumpXml([1], { dbname: 'otherwiki' }),
      };
      for (const { name, bytes } of DAMAGES) files[name] = await bytes();
      const from = await folderOf(folder, 'in', files);
      const out = join(folder, 'out');
      const { code, stdout, stderr } = await run(START, ['--from', from, '--out', out]);
      assert.equal(code, 1, stderr);
      const [, table = ''] = stdout.split(`${DAMAGES.length} files failed:\n`);
      const lines = table.split('\n\n', 1)[0]?.split('\n') ?? [];
      assert.equal(lines.length, DAMAGES.length, stdout);
      for (const { what, name, says } of DAMAGES) {
        const line = lines.find((one) => one.startsWith(`  ${name} `)) ?? '';
        assert.match(line, says, what);
        assert.ok(!stderr.includes(`left: ${name} `), `${what} is not left`);
      }
      for (const name of Object.keys(LEFT)) assert.ok(stderr.includes(`left: ${name} (`), `${name} is left: ${stderr}`);
      const manifests = await filesBelow(join(out, 'runs'), /[0-9a-f]{8}\/manifest\.json$/);
      assert.equal(manifests.length, 1, manifests.join());
      assert.match(manifests[0] ?? '', /^articles\/otherwiki\/2026-10-01\//);
      assert.equal((await filesBelow(join(out, 'rows'), /articles1\.xml-p1p3\.gz\/part-.*\.jsonl\.gz$/)).length, 1);
    });
  });

  it('companions and other files alone are no failure', async () => {
    await inFolder(async (folder) => {
      const from = await folderOf(folder, 'in', { ...LEFT, [`${DUMP}.xml`]: GOOD });
      const { code, stdout, stderr } = await run(START, ['--from', from, '--out', join(folder, 'out')]);
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, /1 of 1 run complete, 3 rows/);
    });
  });

  it('a dump that cannot be opened: its run is not started', async function () {
    if (process.getuid?.() === 0) this.skip('a user who is not root');
    await inFolder(async (folder) => {
      const from = await folderOf(folder, 'in', { [`${DUMP}1.xml`]: GOOD, [`${DUMP}2.xml`]: GOOD });
      await chmod(join(from, `${DUMP}2.xml`), 0);
      const { code, stdout } = await run(START, ['--from', from, '--out', join(folder, 'out')]);
      assert.equal(code, 1);
      assert.match(stdout, /articles2\.xml +articles\/twiki\/2026-10-01 +cannot be read: EACCES/);
      assert.deepEqual(await filesBelow(join(folder, 'out', 'runs'), /plan\.json$/), []);
    });
  });

  it('a link that leads nowhere under the name of a dump is a failure', async () => {
    await inFolder(async (folder) => {
      const from = await folderOf(folder, 'in', { [`${DUMP}1.xml`]: GOOD });
      await symlink(join(folder, 'gone.xml'), join(from, `${DUMP}2.xml`));
      const { code, stdout } = await run(START, ['--from', from, '--out', join(folder, 'out')]);
      assert.equal(code, 1);
      assert.match(
        stdout,
        /1 file failed:\n +twiki-20261001-pages-articles2\.xml +articles\/twiki\/2026-10-01 +cannot be read: ENOENT/,
      );
    });
  });

  it('counts what was written of a file that failed in all its splits', async () => {
    await inFolder(async (folder) => {
      const sample = join(folder, 'sample');
      const made = await run('wikifleet/dist/sample.js', ['--out', sample, '--megabytes', '2']);
      assert.equal(made.code, 0, made.stderr);
      const name = 'samplewiki-20261001-pages-articles-multistream2.xml-p195p591.bz2';
      const bytes = await readFile(join(sample, 'samplewiki', '20261001', name));
      // the last blocks are damaged: the splits before them are converted
      const from = await folderOf(folder, 'in', { [name]: flipped(bytes, bytes.length - 200) });
      const out = join(folder, 'out');
      const { code, stdout } = await run(START, ['--from', from, '--out', out, '--split-bytes', '20000']);
      assert.equal(code, 1, stdout);
      const parts = await filesBelow(join(out, 'rows'), /\.jsonl\.gz$/);
      assert.ok(parts.length > 1, `${parts.length} parts`);
      let rows = 0;
      for (const part of parts) {
        rows += gunzipSync(await readFile(join(out, 'rows', part)))
          .toString()
          .trimEnd()
          .split('\n').length;
      }
      // each page of these dumps is one row
      assert.match(stdout, new RegExp(`${name} +failed \\(${rows} complete pages written\\)$`, 'm'));
    });
  });

  it('a file of which every page is in the quarantine is a failure, with the first reasons', async () => {
    await inFolder(async (folder) => {
      const broken = GOOD.replaceAll('<timestamp>2020-01-01T00:00:00Z</timestamp>', '<timestamp>&bad;</timestamp>');
      const from = await folderOf(folder, 'in', { [`${DUMP}.xml`]: broken });
      const { code, stdout } = await run(START, ['--from', from, '--out', join(folder, 'out')]);
      assert.equal(code, 1, stdout);
      assert.match(
        stdout,
        /1 file failed:\n +twiki-20261001-pages-articles\.xml .*every page is in the quarantine: \S/,
      );
    });
  });
});
