import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { directoryTree } from '@wikifleet/local-cloud/ftp/directory-tree';
import { startFtpServer } from '@wikifleet/local-cloud/ftp/ftp-server';
import { cloudEnvironment } from '../tools/cloud-environment.js';
import { ChaosFleet } from './chaos-fleet.js';
import { LONG_TESTS } from '@wikifleet/testing/extent';
import { runWatched, showMemory } from './hostile-programs.js';

const MB = 1_000_000;
/** Node itself, a text of 32 MiB as bytes and as a string, and what is made of it. */
const MOST_MEMORY = 256 * MB;

const LEGACY = 'testwiki/20261001';
const EXPORT = 'other/mediawiki_content_current/testwiki/2026-10-01/xml/bzip2';
const FILE = 'testwiki-20261001-pages-articles-multistream.xml.bz2';
const PART = 'testwiki-2026-10-01-p1p10.xml.bz2';
const HASH = 'a'.repeat(64);
const noise = (bytes: number): Buffer => Buffer.alloc(bytes, Buffer.from('d41f8c00ff3e7b', 'hex'));

function status(files: unknown): string {
  return JSON.stringify({ version: '0.8', jobs: { articlesmultistreamdump: { status: 'done', files } } });
}
const described = (name: string, size: unknown = 10): unknown => ({
  [name]: { size, url: `/${LEGACY}/${name}`, sha1: 'b'.repeat(40) },
});

interface Hostile {
  readonly what: string;
  /** In the long run only: the reading of catalogues has tests without processes in packages/catalogue. */
  readonly long?: true;
  /** Files of the mirror, by path. */
  readonly files: Readonly<Record<string, string | Buffer>>;
  readonly listing?: () => Uint8Array;
  readonly args?: readonly string[];
  /** The end; without one the run is seeded all the same. */
  readonly says?: RegExp;
}

const TABLE: readonly Hostile[] = [
  {
    what: 'a status of 100 MB',
    files: { [`${LEGACY}/dumpstatus.json`]: noise(100 * MB) },
    says: /expected \d+ bytes at most/,
  },
  {
    what: 'a status that is binary',
    long: true,
    files: { [`${LEGACY}/dumpstatus.json`]: noise(1000) },
    says: /expected UTF-8/,
  },
  {
    what: 'a status of brackets',
    files: { [`${LEGACY}/dumpstatus.json`]: '['.repeat(30 * MB) },
    says: /expected JSON at most 32 deep/,
  },
  {
    what: 'a status that is no object',
    long: true,
    files: { [`${LEGACY}/dumpstatus.json`]: '[1]' },
    says: /expected object|expected an object/i,
  },
  {
    what: 'a status with a million files',
    files: {
      [`${LEGACY}/dumpstatus.json`]: `{"jobs":{"articlesmultistreamdump":{"status":"done","files":{${Array.from({ length: 1_000_000 }, (_, i) => `"f${i}":{}`).join(',')}}}}}`,
    },
    says: /at most 200000 objects/,
  },
  {
    what: 'a status with ../ in a name',
    files: { [`${LEGACY}/dumpstatus.json`]: status(described(`../${FILE}`)) },
    says: /\.\.\/|no dump file/,
  },
  {
    what: 'a status with a url elsewhere',
    files: {
      [`${LEGACY}/dumpstatus.json`]: status({
        [FILE]: { size: 1, url: `http://evil.example/${FILE}`, sha1: 'b'.repeat(40) },
      }),
    },
    says: /expected the url/,
  },
  {
    what: 'a status with a size beyond 2^53',
    long: true,
    files: { [`${LEGACY}/dumpstatus.json`]: status(described(FILE, 2 ** 60)) },
    says: /size/,
  },
  { what: 'sums of 100 MB', files: { [`${EXPORT}/SHA256SUMS`]: noise(100 * MB) }, says: /expected \d+ bytes at most/ },
  {
    what: 'sums that are binary',
    long: true,
    files: { [`${EXPORT}/SHA256SUMS`]: noise(1000) },
    says: /expected UTF-8/,
  },
  {
    what: 'sums of 30 MB without a newline',
    files: { [`${EXPORT}/SHA256SUMS`]: 'a'.repeat(30 * MB) },
    says: /line 1: expected/,
  },
  {
    what: 'sums of fifteen million empty lines',
    long: true,
    files: { [`${EXPORT}/SHA256SUMS`]: '\n'.repeat(15 * MB) },
    says: /SHA256SUMS is empty/,
  },
  {
    what: 'sums of 300,000 files',
    long: true,
    files: { [`${EXPORT}/SHA256SUMS`]: Array.from({ length: 300_000 }, (_, i) => `${HASH}  f${i}\n`).join('') },
    says: /at most 100000 lines/,
  },
  {
    what: 'sums of a letter a line',
    long: true,
    files: { [`${EXPORT}/SHA256SUMS`]: 'x\n'.repeat(15 * MB) },
    says: /at most 100000 lines/,
  },
  {
    what: 'sums with ../ in a name',
    files: { [`${EXPORT}/SHA256SUMS`]: `${HASH}  ../${PART}\n` },
    says: /line 1: expected the name of a file/,
  },
  {
    what: 'sums with a name twice, with two hashes',
    files: { [`${EXPORT}/SHA256SUMS`]: `${HASH}  ${PART}\n${HASH.replaceAll('a', 'b')}  ${PART}\n` },
    says: /line 2: expected each name once/,
  },
  {
    what: 'sums with a name twice, with one hash',
    long: true,
    files: { [`${EXPORT}/SHA256SUMS`]: `${HASH}  ${PART}\n${HASH}  ${PART}\n`, [`${EXPORT}/${PART}`]: 'BZh9' },
  },
  {
    what: 'sums that list one of two files',
    files: {
      [`${EXPORT}/SHA256SUMS`]: `${HASH}  ${PART}\n`,
      [`${EXPORT}/${PART}`]: 'BZh9',
      [`${EXPORT}/${PART.replace('p1p10', 'p11p20')}`]: 'BZh9',
    },
    says: /has 1 file \("testwiki-2026-10-01-p11p20\.xml\.bz2"\), which .*SHA256SUMS does not list.*--ignore-listing/,
  },
  {
    what: 'sums that list one of two files, where the listing is ignored',
    files: {
      [`${EXPORT}/SHA256SUMS`]: `${HASH}  ${PART}\n`,
      [`${EXPORT}/${PART}`]: 'BZh9',
      [`${EXPORT}/${PART.replace('p1p10', 'p11p20')}`]: 'BZh9',
    },
    args: ['--ignore-listing'],
  },
  {
    what: 'a status that lists parts 1 and 3 of 3',
    files: {
      ...Object.fromEntries([1, 2, 3].map((n) => [`${LEGACY}/${FILE.replace('.xml', `${n}.xml`)}`, 'BZh9'])),
      [`${LEGACY}/dumpstatus.json`]: status(
        Object.assign({}, ...[1, 3].map((n) => described(FILE.replace('.xml', `${n}.xml`), 4))),
      ),
    },
    says: /multistream2\.xml\.bz2"\), which .*dumpstatus\.json does not list/,
  },
  {
    what: 'a listing of 100 MB',
    files: { [`${EXPORT}/${PART}`]: 'BZh9' },
    listing: () => noise(100 * MB),
    args: ['--accept-listing'],
    says: /listing|too large|Maximum/i,
  },
  {
    what: 'a listing that is binary',
    long: true,
    files: { [`${EXPORT}/${PART}`]: 'BZh9' },
    listing: () => noise(1000),
    args: ['--accept-listing'],
    says: /./,
  },
  {
    what: 'a listing of 200,000 files',
    files: { [`${EXPORT}/${PART}`]: 'BZh9' },
    listing: () => Buffer.from(`-rw-r--r-- 1 0 0 1 Oct  1 2026 f\r\n`.repeat(200_000)),
    args: ['--accept-listing'],
    says: /entries at most/,
  },
  {
    what: 'a listing with ../ in its names',
    files: { [`${EXPORT}/${PART}`]: 'BZh9' },
    listing: () => Buffer.from(`-rw-r--r-- 1 0 0 4 Oct  1 2026 ../../${PART}\r\n-rw-r--r-- 1 0 0 4 Oct  1 2026 ..\r\n`),
    args: ['--accept-listing'],
    says: /./,
  },
];

describe('hostile catalogues', function () {
  this.timeout(120_000);
  let folder = '';
  let fleet: ChaosFleet;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wikifleet-test-'));
    fleet = new ChaosFleet({ folder, cloud: null, visibilitySeconds: 30 });
    await fleet.startCloud();
  });
  after(async () => {
    await fleet.close();
    await rm(folder, { recursive: true, force: true });
  });

  for (const [i, { what, files, listing, args = [], says, long }] of TABLE.entries()) {
    it(`${what}: ${says === undefined ? 'counts once' : 'one clear line'}, in bounded memory`, async function () {
      if (long && !LONG_TESTS) this.skip('WIKIFLEET_LONG_TESTS=1');
      const root = join(folder, `mirror-${i}`);
      for (const [path, content] of Object.entries(files)) {
        await mkdir(join(root, path, '..'), { recursive: true });
        await writeFile(join(root, path), content);
      }
      const faults = listing === undefined ? {} : { listing };
      const mirror = await startFtpServer({ tree: directoryTree(root), faults });
      try {
        await fleet.connectTo(fleet.cloudEndpoint, mirror.port);
        const isExport = Object.keys(files).some((path) => path.startsWith(EXPORT));
        const kind = isExport ? 'content-current' : 'articles-multistream';
        const run = ['--wiki', 'testwiki', '--date', '2026-10-01', '--kind', kind];
        const env = { ...cloudEnvironment(fleet.cloudEndpoint), WIKIFLEET_MIRRORS: join(folder, 'mirrors.json') };
        const ended = await runWatched('seed/dist/main.js', [...run, ...args], env);

        showMemory(what, ended.peak);
        assert.ok(ended.peak < MOST_MEMORY, `it took ${Math.round(ended.peak / MB)} MB`);
        if (says === undefined) return assert.equal(ended.code, 0, ended.stderr);
        assert.match(ended.stderr, says);
        assert.match(ended.stderr, /^wikifleet: [^\n]{1,2000}\n$/, 'one clear line');
        return assert.ok(ended.code === 1 || ended.code === 2, `it ended with ${ended.code}`);
      } finally {
        await mirror.close();
      }
    });
  }
});
