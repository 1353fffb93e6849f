import assert from 'node:assert/strict';
import { LONG_TESTS } from '@wikifleet/testing/extent';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as zlib from 'node:zlib';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { openBlockPool } from '@wikifleet/conversion/block-pool';
import type { BlockPool } from '@wikifleet/conversion/block-pool';
import { convertSplit as convertBytes } from '@wikifleet/conversion/convert-split';
import { NO_OPTIONAL_COLUMNS } from '@wikifleet/domain/row-columns';
import { openPartFormat } from '@wikifleet/conversion/output-formats';
import { containerOf } from '@wikifleet/domain/containers';
import { convertJobOf, splitsOf } from '@wikifleet/domain/jobs';
import { planKey, rawKey } from '@wikifleet/domain/keys';
import { EVERY_PAGE } from '@wikifleet/domain/page-filter';
import { COMPRESSIONS_OF, DEFAULT_SETTINGS, sealPlan } from '@wikifleet/domain/plan';
import type { Compression, Format } from '@wikifleet/domain/plan';
import type { Run } from '@wikifleet/domain/run';
import { sealRawRecord } from '@wikifleet/domain/receipts';
import { startLocalCloud } from '@wikifleet/local-cloud/local-cloud';
import { completeRun } from '@wikifleet/runs/complete-run';
import type { CompleteRun } from '@wikifleet/runs/complete-run';
import { findPage } from '@wikifleet/runs/find-page';
import { findQuarantined } from '@wikifleet/runs/find-quarantined';
import type { Sought } from '@wikifleet/runs/page-rows';
import { writeRawRecord } from '@wikifleet/runs/raw-records';
import { Store } from '@wikifleet/store/store';
import { createLog } from '@wikifleet/worker/log';
import { NO_METRICS } from '@wikifleet/worker/metrics';
import { ReleaseStack } from '@wikifleet/worker/release-stack';
import { convertSplit } from './convert-split.js';

const DUMPS = fileURLToPath(new URL('../../../tests/fixtures/dumps/', import.meta.url));
const SAMPLES = fileURLToPath(new URL('../../../../shared/samples/', import.meta.url));
const ATTEMPT = '00000000-0000-4000-8000-000000000000';
const { signal } = new AbortController();
const HAS_ZSTD = typeof zlib.zstdCompress === 'function';

/** Files of one run, and how they are cut. */
interface Dump {
  readonly name: string;
  readonly wiki: string;
  readonly files: readonly string[];
  readonly splitBytes: number;
  readonly format: Format;
  readonly compression: Compression;
}

const MANY_SPLITS = {
  wiki: 'aawiki',
  files: [join(DUMPS, 'aawiki-20260101-pages-meta-current.xml.bz2')],
  splitBytes: 50_000,
};
const SEVERAL_FILES = {
  wiki: 'enwiki',
  files: ['enwiki-no-siteinfo.xml.bz2', 'input-0.8-mwxml.xml', 'input-0.5.xml'].map((file) => join(DUMPS, file)),
  splitBytes: 20_000,
};

const DUMPS_HERE: readonly Dump[] = [
  { name: 'real current pages, in many splits', ...MANY_SPLITS, format: 'jsonl', compression: 'gzip' },
  {
    name: 'several files, ids that overlap, plain XML too',
    ...SEVERAL_FILES,
    format: 'jsonl',
    compression: HAS_ZSTD ? 'zstd' : 'none',
  },
  ...COMPRESSIONS_OF.parquet
    .filter((compression) => compression !== 'zstd' || HAS_ZSTD)
    .flatMap((compression): Dump[] => [
      { name: `in many splits, Parquet with ${compression}`, ...MANY_SPLITS, format: 'parquet', compression },
      { name: `several files, Parquet with ${compression}`, ...SEVERAL_FILES, format: 'parquet', compression },
    ]),
];

/** Of the pages of long dumps one in so many is asked for; WIKIFLEET_LONG_TESTS=1: each. */
const FEWER = LONG_TESTS ? 1 : 15;

/** Pages with several revisions each, cut where they are. */
const HISTORY = join(SAMPLES, 'history');

describe('one page out of what the converter wrote', function () {
  this.timeout(240_000);
  const releases = new ReleaseStack();
  let store: Store;
  let pool: BlockPool;
  let wikis = 0;

  before(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wikifleet-get-'));
    releases.defer(folder, async (path) => await rm(path, { recursive: true, force: true }));
    const cloud = releases.defer(await startLocalCloud({ directory: folder }), async (c) => await c.close());
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
    const s3 = new S3Client({ endpoint: cloud.endpoint, region: 'us-east-1', credentials, forcePathStyle: true });
    releases.defer(s3, (c) => c.destroy());
    await s3.send(new CreateBucketCommand({ Bucket: 'test' }));
    store = new Store(s3, 'test');
    pool = releases.defer(openBlockPool(1), async (p) => await p.close());
  });
  after(async () => await releases.close());

  /** A run of these files, downloaded and converted; with the rows that each file has, cut nowhere. */
  async function runOf({
    wiki,
    files,
    splitBytes,
    format,
    compression,
  }: Dump): Promise<{ run: CompleteRun; rows: string[][] }> {
    wikis += 1;
    const name: Run = { kind: 'meta-current', wiki, date: `2026-01-${String(wikis).padStart(2, '0')}` };
    const plan = sealPlan({
      run: name,
      vouchedBy: 'listing',
      settings: { ...DEFAULT_SETTINGS, splitBytes, format, compression },
      files: files.map((file) => ({ file: basename(file), path: basename(file), size: null, checksum: null })),
      supersedes: [],
    });
    await store.putJson(planKey(name), plan);
    const rows: string[][] = [];
    for (const path of files) {
      const file = basename(path);
      const bytes = await readFile(path);
      const cut = containerOf(bytes) === 'bzip2' ? splitBytes : null;
      const object = { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
      const raw = rawKey(name, plan.planId, file, ATTEMPT);
      const writer = store.createWriter(raw, { partBytes: 8 << 20, signal });
      await writer.write(bytes);
      await writer.finish();
      const fixed = { planId: plan.planId, run: name, file, upstreamChecksum: null, compressor: null };
      const attempt = { id: ATTEMPT, etag: writer.etag ?? '', mirror: 'm', repair: null };
      await writeRawRecord(store, sealRawRecord({ ...fixed, ...object, splitBytes: cut }, attempt));
      for (const split of splitsOf(bytes.length, cut)) {
        const job = convertJobOf(plan, file, split, object);
        const context = { signal, log: createLog('test', 'silent'), metrics: NO_METRICS, receiveCount: 1 };
        const downloads = { sendAll: async (): Promise<void> => await Promise.reject(new Error('fetched again')) };
        await convertSplit({ store, downloads, pool, rawObjects: 'keep' }, job, context);
      }
      rows.push(await unsplitRows(bytes, wiki));
    }
    return { run: await completeRun(store, name, signal), rows };
  }

  /** What a conversion of the whole file says. */
  async function unsplitRows(bytes: Buffer, wiki: string): Promise<string[]> {
    const pieces: Uint8Array[] = [];
    const nowhere = { write: async (): Promise<void> => await Promise.resolve() };
    const { failure } = await convertBytes({
      source: {
        size: bytes.length,
        async *read(start) {
          yield await Promise.resolve(bytes.subarray(start));
        },
        first: async (count) => await Promise.resolve(bytes.subarray(0, count)),
      },
      split: { start: 0, end: bytes.length },
      wiki,
      engine: 'fast',
      filter: EVERY_PAGE,
      choice: NO_OPTIONAL_COLUMNS,
      format: openPartFormat({ format: 'jsonl', compression: 'none', ...NO_OPTIONAL_COLUMNS }),
      pool,
      rows: { write: async (piece) => void (await Promise.resolve(pieces.push(Uint8Array.from(piece)))) },
      index: null,
      quarantine: nowhere,
      signal,
    });
    assert.equal(failure, null);
    return Buffer.concat(pieces)
      .toString()
      .split(/(?<=\n)/);
  }

  async function get(run: CompleteRun, sought: Sought): Promise<{ rows: string[]; requests: number; splits: number }> {
    const rows: string[] = [];
    const before = store.traffic.requests;
    const { places } = await findPage(
      store,
      run,
      sought,
      async ({ line }) => void (await Promise.resolve(rows.push(line.toString()))),
      signal,
    );
    return { rows, requests: store.traffic.requests - before, splits: places.length };
  }

  /** The rows of each id and of each title; a row that an earlier file has is there once. */
  function pagesOf(files: readonly string[][]): { ids: Map<number, string[]>; titles: Map<string, string[]> } {
    const [ids, titles] = [new Map<number, string[]>(), new Map<string, string[]>()];
    const earlier = new Set<string>();
    for (const rows of files) {
      for (const row of rows) {
        if (earlier.has(row)) continue;
        const { page_id: id, page_title: title } = JSON.parse(row) as { page_id: number; page_title: string };
        ids.set(id, [...(ids.get(id) ?? []), row]);
        titles.set(title, [...(titles.get(title) ?? []), row]);
      }
      for (const row of rows) earlier.add(row);
    }
    return { ids, titles };
  }

  /** Each page, or each of so many; returns the most requests that an id took. */
  async function checkAll({ run, rows }: { run: CompleteRun; rows: string[][] }, step = 1): Promise<number> {
    let most = 0;
    const { ids, titles } = pagesOf(rows);
    assert.ok(ids.size > 0);
    const parts = run.manifest.files.reduce((sum, file) => sum + file.parts, 0);
    for (const [at, [id, expected]] of [...ids].entries()) {
      if (at % step !== 0) continue;
      const got = await get(run, { id });
      most = Math.max(most, got.requests);
      assert.deepEqual(got.rows, expected, `page ${id}`);
    }
    for (const [at, [title, expected]] of [...titles].entries()) {
      if (at % step !== 0) continue;
      const got = await get(run, { title });
      assert.deepEqual(got.rows, expected, title);
      assert.ok(got.requests <= run.manifest.files.length + parts + got.splits + expected.length, title);
      const underscored = title.replaceAll(' ', '_');
      if (at % 20 === 0 && !titles.has(underscored))
        assert.deepEqual((await get(run, { title: underscored })).rows, expected, title);
    }
    for (const sought of [{ id: 987_654_321 }, { id: -1 }, { title: 'No such page_here' }, { title: '' }]) {
      assert.deepEqual((await get(run, sought)).rows, []);
    }
    return most;
  }

  for (const dump of DUMPS_HERE) {
    it(`gives each page's rows as the unsplit conversion has them, by id and by title: ${dump.name}`, async () => {
      // a row group is decoded anew for each page: every fourth goes through all of them
      const step = dump.files.length > 1 ? 1 : FEWER * (dump.format === 'parquet' ? 4 : 1);
      const most = await checkAll(await runOf(dump), step);
      // a manifest, and a receipt and a range in two neighbours at most, where ids ascend
      if (dump.files.length === 1) assert.ok(most <= 5, `${most} requests`);
    });
  }

  it('gives a page once that two neighbouring files have', async () => {
    const [dump] = DUMPS_HERE;
    const copy = join(await mkdtemp(join(tmpdir(), 'wikifleet-get-')), 'copy.bz2');
    releases.defer(copy, async (path) => await rm(join(path, '..'), { recursive: true }));
    await copyFile(dump!.files[0]!, copy);
    const { run, rows } = await runOf({ ...dump!, files: [...dump!.files, copy] });
    const [id, expected] = [...pagesOf(rows).ids][7]!;
    let given = 0;
    const found = await findPage(store, run, { id }, async () => void (await Promise.resolve((given += 1))), signal);
    assert.deepEqual([given, found.rows, found.repeated], [expected.length, expected.length, expected.length]);
    assert.equal(new Set(found.places.map(({ file }) => file)).size, 2);
  });

  it('says what the quarantine has of a page, and where', async () => {
    const text = '<text bytes="1">x</text>';
    const revision = (id: string): string =>
      `<revision><id>${id}</id><timestamp>2026-01-01T00:00:00Z</timestamp>${text}</revision>`;
    const pages = [
      `<page><title>Half "a"</title><ns>0</ns><id>1</id>${revision('10')}${revision('bad')}${revision('12')}</page>`,
      `<page><title>Whole</title><ns>0</ns><id>2</id>${revision('no')}</page>`,
      `<page><title>Sound</title><ns>0</ns><id>3</id>${revision('30')}</page>`,
      `<page><title>Lost</title><ns>0</ns><id>x</id>${revision('40')}</page>`,
    ];
    const path = join(await mkdtemp(join(tmpdir(), 'wikifleet-get-')), 'broken.xml');
    releases.defer(path, async () => await rm(join(path, '..'), { recursive: true }));
    const xml = `<mediawiki version="0.11"><siteinfo><dbname>aawiki</dbname></siteinfo>${pages.join('')}</mediawiki>`;
    await writeFile(path, xml);
    const { run } = await runOf({ ...DUMPS_HERE[0]!, files: [path] });
    const { quarantined } = run.manifest.counts;
    assert.ok(quarantined >= 3);
    const table: [sought: Sought, rows: number, lines: number[]][] = [
      [{ id: 1 }, 2, [1]],
      [{ title: 'Half_"a"' }, 2, [1]],
      [{ id: 2 }, 0, [2]],
      [{ title: 'Whole' }, 0, [2]],
      // its head, and its revision
      [{ title: 'Lost' }, 0, [3, 4]],
      [{ id: 3 }, 1, []],
    ];
    for (const [sought, rows, lines] of table) {
      const found = await findPage(store, run, sought, async () => await Promise.resolve(), signal);
      const { revisions, records, unread } = await findQuarantined(store, run, sought, found, signal);
      const name = JSON.stringify(sought);
      assert.deepEqual(
        [found.rows, revisions.map(({ line }) => line), records, unread],
        [rows, lines, quarantined, 0],
        name,
      );
      for (const { key } of revisions) assert.match(key, /^quarantine\/.*broken\.xml\/part-/);
    }
  });

  it('gives a page in the order of the dump that goes over several files and members', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wikifleet-get-'));
    releases.defer(folder, async (path) => await rm(path, { recursive: true }));
    const page = (id: number, title: string, revisions: readonly number[]): string =>
      `<page><title>${title}</title><ns>0</ns><id>${id}</id>${revisions.map((n) => revisionOf(n, id === 5 ? 1 << 21 : 9)).join('')}</page>`;
    const dumps = [
      [page(1, 'First', [11]), page(5, 'Long &lt;page&gt; "x" 5%', [50, 51, 52, 53, 54])],
      [page(5, 'Long &lt;page&gt; "x" 5%', [55, 56, 57])],
      [page(5, 'Long &lt;page&gt; "x" 5%', [58]), page(6, 'Long &lt;page&gt;', [60])],
    ];
    const files = dumps.map((_, at) => join(folder, `aawiki-p${at}.xml`));
    for (const [at, pages] of dumps.entries()) {
      await writeFile(
        files[at]!,
        `<mediawiki><siteinfo><dbname>aawiki</dbname></siteinfo>${pages.join('')}</mediawiki>`,
      );
    }
    const all = await runOf({ ...DUMPS_HERE[0]!, files });
    await checkAll(all);
    const got = await get(all.run, { title: 'Long <page> "x" 5%' });
    assert.deepEqual(
      got.rows.map((row) => (JSON.parse(row) as { revision_id: number }).revision_id),
      [50, 51, 52, 53, 54, 55, 56, 57, 58],
    );
    assert.equal(got.splits, 3);
    const { requests } = await get(all.run, { id: 5 });
    // a manifest and a receipt a file; the rows are in members of two that are over 4 MiB, so three, two and one
    assert.equal(requests, 3 + 3 + 3 + 2 + 1);
  });

  function revisionOf(id: number, length: number): string {
    const text = String(id).repeat(length / 2);
    return `<revision><id>${id}</id><timestamp>2026-01-01T00:00:00Z</timestamp><text bytes="1">${text}</text></revision>`;
  }

  it('gives each page of a real history', async function () {
    if (!LONG_TESTS) this.skip('WIKIFLEET_LONG_TESTS=1');
    if (!existsSync(HISTORY)) this.skip('the real dump samples beside the checkout (../shared/samples)');
    const file = await historyFile();
    for (const format of ['jsonl', 'parquet'] as const) {
      const { run, rows } = await runOf({ ...DUMPS_HERE[0]!, files: [file], format, splitBytes: 40_000 });
      const most = await checkAll({ run, rows }, 3 * FEWER);
      assert.ok(most <= 5, `${most} requests`);
    }
  });

  /** The smallest bzip2 history of the samples. */
  async function historyFile(): Promise<string> {
    const files = (await readdir(HISTORY)).filter((name) => name.endsWith('.bz2')).map((name) => join(HISTORY, name));
    const sizes = await Promise.all(files.map(async (file) => ({ file, size: (await stat(file)).size })));
    const [smallest] = sizes.sort((a, b) => a.size - b.size);
    assert.ok(smallest, 'a history among the samples');
    return smallest.file;
  }
});
