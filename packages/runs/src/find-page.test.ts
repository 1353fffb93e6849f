import assert from 'node:assert/strict';
import * as zlib from 'node:zlib';
import { FleetError } from '@wikifleet/domain/errors';
import type { Split } from '@wikifleet/domain/jobs';
import {
  fileManifestKey,
  indexKey,
  partKey,
  planKey,
  quarantineKey,
  receiptKey,
  runManifestKey,
} from '@wikifleet/domain/keys';
import { digestOf } from '@wikifleet/domain/digest';
import { fileManifestResult, runManifestResult, sealManifest } from '@wikifleet/domain/manifests';
import type { FileManifestResult } from '@wikifleet/domain/manifests';
import { ENTRY_BYTES, titleDigest } from '@wikifleet/domain/page-index';
import { COMPRESSIONS_OF, FORMATS, sealPlan } from '@wikifleet/domain/plan';
import type { Plan, RowsFormat } from '@wikifleet/domain/plan';
import type { SplitResult } from '@wikifleet/domain/receipts';
import { sealReceipt, splitResultSchema } from '@wikifleet/domain/receipts';
import { completeRun, newestCompleteRun } from './complete-run.js';
import type { CompleteRun } from './complete-run.js';
import { findPage } from './find-page.js';
import type { FoundPage } from './find-page.js';
import { findQuarantined } from './find-quarantined.js';
import type { Sought } from './page-rows.js';
import { SHA, newDraft, overriding, recordOf, resultsOf, startS3 } from './testing/runs-harness.js';
import type { Loopback } from './testing/runs-harness.js';
import { packRows, rowLine, sha256 } from './testing/verify-harness.js';

const { signal } = new AbortController();
/** The first one of two. */
const SPLIT = { index: 0, count: 2, start: 0, end: 30 };
const CLOSED = { closedAt: '2026-10-02T00:00:00.000Z', host: 'h' };

interface TestPage {
  readonly id: number;
  readonly title: string;
}

const GZIP: RowsFormat = { format: 'jsonl', compression: 'gzip' };
const NONE: RowsFormat = { format: 'jsonl', compression: 'none' };
const SNAPPY: RowsFormat = { format: 'parquet', compression: 'snappy' };

function rowOf({ id, title }: TestPage, format: RowsFormat['format'] = 'jsonl'): string {
  if (format === 'jsonl')
    return `${JSON.stringify({ wiki_id: 'w', page_id: id, page_namespace_id: 0, page_title: title, revision_id: 1 })}\n`;
  const row = JSON.parse(rowLine(id, 1).toString()) as object;
  return `${JSON.stringify({ ...row, page_title: title })}\n`;
}

function indexOf(members: readonly (readonly TestPage[])[]): Buffer {
  const entries = members.flatMap((pages, member) =>
    pages.map(({ id, title }) => {
      const entry = Buffer.alloc(ENTRY_BYTES);
      titleDigest(title).copy(entry);
      entry.writeBigInt64BE(BigInt(id), 8);
      entry.writeUInt32BE(member, 16);
      return entry;
    }),
  );
  return Buffer.concat(entries.sort((a, b) => Buffer.compare(a, b)));
}

/** Objects by key: of a run that is put together, not converted. */
type Objects = Map<string, Buffer>;

/** A split of these members, and what it leaves. */
async function splitOf(
  objects: Objects,
  plan: Plan,
  file: string,
  split: Split,
  members: readonly (readonly TestPage[])[],
): Promise<SplitResult> {
  const { format } = plan.settings;
  const [base] = resultsOf(plan, file);
  const lists = members.map((pages) => pages.map((page) => Buffer.from(rowOf(page, format))));
  const packed = await packRows(plan.settings, lists);
  const store = (key: string, bytes: Buffer): { key: string; size: number; sha256: string } => {
    objects.set(key, bytes);
    return { key, size: bytes.length, sha256: sha256(bytes) };
  };
  const found = packed.members.map((member, at) => {
    const ids = members[at]!.map(({ id }) => id);
    return { ...member, firstPageId: Math.min(...ids), lastPageId: Math.max(...ids) };
  });
  const rows = found.reduce((sum, member) => sum + member.rows, 0);
  const result = splitResultSchema.parse({
    ...base,
    split,
    counts: { ...base!.counts, pages: rows, rows },
    part: store(partKey(plan.run, file, split, plan.planId, plan.settings), packed.bytes),
    index: store(indexKey(plan.run, plan.planId, file, split.index), indexOf(members)),
    members: found,
  });
  const attempt = { startedAt: CLOSED.closedAt, finishedAt: CLOSED.closedAt, seconds: 1, host: 'h', receiveCount: 1 };
  const receipt = Buffer.from(JSON.stringify(sealReceipt(result, attempt)));
  objects.set(receiptKey(plan.run, plan.planId, file, split.index), receipt);
  return result;
}

/** An edit of the JSON of a sealed object's result, with a digest that fits. */
function resealed(edit: (json: string) => string): (bytes: Buffer) => Buffer {
  return (bytes) => {
    const object = JSON.parse(bytes.toString()) as { result: unknown };
    const result: unknown = JSON.parse(edit(JSON.stringify(object.result)));
    return Buffer.from(JSON.stringify({ ...object, result, digest: digestOf(result) }));
  };
}

/** A complete run of `files` files, each of so many splits with these members. */
async function build(
  files: number,
  splits: number,
  pagesOf: (file: number, split: number) => readonly (readonly TestPage[])[],
  rows: RowsFormat = GZIP,
): Promise<{ objects: Objects; run: CompleteRun }> {
  const draft = newDraft(Array.from({ length: files }, (_, at) => `dump-${at}.bz2`));
  const settings = { ...draft.settings, ...rows };
  const plan: Plan = sealPlan({ ...draft, settings, files: [...draft.files], supersedes: [] });
  const objects: Objects = new Map();
  const json = (key: string, value: unknown): void => void objects.set(key, Buffer.from(JSON.stringify(value)));
  json(planKey(plan.run), plan);
  const manifests: FileManifestResult[] = [];
  for (const [at, file] of plan.files.entries()) {
    const results: SplitResult[] = [];
    for (let index = 0; index < splits; index += 1) {
      const split = { index, count: splits, start: index * 30, end: index * 30 + 30 };
      results.push(await splitOf(objects, plan, file.file, split, pagesOf(at, index)));
    }
    const result = fileManifestResult(plan, file, recordOf(plan, file.file).result, results);
    json(fileManifestKey(plan.run, plan.planId, file.file), sealManifest(result, CLOSED));
    manifests.push(result);
  }
  const manifest = runManifestResult(plan, manifests);
  json(runManifestKey(plan.run, plan.planId), sealManifest(manifest, CLOSED));
  return { objects, run: { plan, manifest } };
}

/** Two files of two splits of two members of two pages: ids 1 to 16. */
const SMALL = (file: number, split: number): TestPage[][] => {
  const first = 8 * file + 4 * split + 1;
  const page = (id: number): TestPage => ({ id, title: `Title ${id}` });
  return [
    [page(first), page(first + 1)],
    [page(first + 2), page(first + 3)],
  ];
};

describe('findPage', function () {
  let s3: Loopback;
  before(async () => (s3 = await startS3()));
  after(async () => await s3.close());

  async function put(objects: Objects): Promise<void> {
    for (const [key, bytes] of objects) await s3.store.put(key, bytes);
  }

  async function find(run: CompleteRun, sought: Sought, store = s3.store): Promise<FoundPage & { lines: string[] }> {
    const lines: string[] = [];
    const onRow = async ({ line }: { line: Buffer }): Promise<void> =>
      void (await Promise.resolve(lines.push(line.toString())));
    return { ...(await findPage(store, run, sought, onRow, signal)), lines };
  }

  const keysOf = ({ plan }: CompleteRun): Record<'part' | 'receipt' | 'index' | 'manifest', string> => {
    const { file } = plan.files[0]!;
    return {
      part: partKey(plan.run, file, SPLIT, plan.planId, plan.settings),
      receipt: receiptKey(plan.run, plan.planId, file, 0),
      index: indexKey(plan.run, plan.planId, file, 0),
      manifest: fileManifestKey(plan.run, plan.planId, file),
    };
  };

  type Damage = (objects: Objects, keys: ReturnType<typeof keysOf>) => void;
  const change = (objects: Objects, key: string, by: (bytes: Buffer) => Buffer): void =>
    void objects.set(key, by(Buffer.from(objects.get(key)!)));
  const flip = (bytes: Buffer): Buffer => {
    bytes[20] = bytes[20]! ^ 0xff;
    return bytes;
  };
  const text =
    (from: string, to: string) =>
    (bytes: Buffer): Buffer =>
      Buffer.from(bytes.toString().replace(from, to));

  const damages: [what: string, sought: Sought, rows: RowsFormat, damage: Damage, code: string][] = [
    ['the part is gone', { id: 1 }, GZIP, (o, { part }) => o.delete(part), 'OBJECT_MISSING'],
    ['the part is cut', { id: 1 }, GZIP, (o, { part }) => change(o, part, (b) => b.subarray(0, -9)), 'OBJECT_CHANGED'],
    ['a member does not decompress', { id: 1 }, GZIP, (o, { part }) => change(o, part, flip), 'MEMBER_UNREADABLE'],
    ['a member is no gzip', { id: 1 }, GZIP, (o, { part }) => change(o, part, (b) => b.fill(0)), 'MEMBER_UNREADABLE'],
    [
      'rows are of another page',
      { id: 1 },
      NONE,
      (o, { part }) => change(o, part, text('"page_id":1,', '"page_id":7,')),
      'MEMBER_CONTRADICTS',
    ],
    [
      'rows are of another page, by title',
      { title: 'Title 1' },
      NONE,
      (o, { part }) => change(o, part, text('Title 1', 'Title 9')),
      'MEMBER_CONTRADICTS',
    ],
    ['a row is missing', { id: 1 }, NONE, (o, { part }) => change(o, part, text('}\n', '} ')), 'MEMBER_CONTRADICTS'],
    [
      'a row begins otherwise',
      { id: 2 },
      NONE,
      (o, { part }) => change(o, part, text('"page_id"', '"page_ID"')),
      'MEMBER_CONTRADICTS',
    ],
    ['the receipt is gone', { id: 1 }, GZIP, (o, { receipt }) => o.delete(receipt), 'OBJECT_MISSING'],
    [
      'the receipt is of another part',
      { id: 1 },
      GZIP,
      (o, { receipt }) =>
        change(
          o,
          receipt,
          resealed((json) => json.replaceAll(/"sha256":"(?!a{64})[0-9a-f]{64}"/g, `"sha256":"${SHA}"`)),
        ),
      'RECEIPT_CONTRADICTS',
    ],
    [
      'the receipt is no JSON',
      { id: 1 },
      GZIP,
      (o, { receipt }) => o.set(receipt, Buffer.from('{')),
      'OBJECT_MALFORMED',
    ],
    ['the manifest of a file is gone', { id: 1 }, GZIP, (o, { manifest }) => o.delete(manifest), 'OBJECT_MISSING'],
    [
      'the manifest is of other bytes',
      { id: 1 },
      GZIP,
      (o, { manifest }) =>
        change(
          o,
          manifest,
          resealed((json) => json.replace(`"sha256":"${SHA}"`, `"sha256":"${'b'.repeat(64)}"`)),
        ),
      'MANIFEST_CONTRADICTS',
    ],
    ['the index is gone', { title: 'Title 1' }, GZIP, (o, { index }) => o.delete(index), 'OBJECT_MISSING'],
    [
      'the index is longer',
      { title: 'Title 1' },
      GZIP,
      (o, { index }) => change(o, index, (b) => Buffer.concat([b, b])),
      'OBJECT_CHANGED',
    ],
    [
      'the index is not sorted',
      { title: 'Title 1' },
      GZIP,
      (o, { index }) => change(o, index, (b) => b.reverse()),
      'INDEX_MALFORMED',
    ],
    ['a row group is gone', { id: 1 }, SNAPPY, (o, { part }) => o.delete(part), 'OBJECT_MISSING'],
    [
      'a page of a row group is no page',
      { id: 1 },
      SNAPPY,
      (o, { part }) => change(o, part, (b) => b.fill(0xff, 4, 40)),
      'MEMBER_UNREADABLE',
    ],
    [
      'an id in a row group is another',
      { id: 1 },
      { format: 'parquet', compression: 'none' },
      (o, { part }) => change(o, part, pageId(1, 7)),
      'MEMBER_UNREADABLE',
    ],
    [
      'a title in a row group is another',
      { title: 'Title 1' },
      { format: 'parquet', compression: 'none' },
      (o, { part }) => change(o, part, (b) => b.fill('9', b.indexOf('Title 1') + 6, b.indexOf('Title 1') + 7)),
      'MEMBER_UNREADABLE',
    ],
    [
      'the receipt has a row more than the row group',
      { id: 1 },
      SNAPPY,
      (o, { receipt }) =>
        change(
          o,
          receipt,
          resealed((json) =>
            json
              .replace('"rows":2,"firstPageId"', '"rows":3,"firstPageId"')
              .replace('"rows":2,"firstPageId"', '"rows":1,"firstPageId"'),
          ),
        ),
      'MEMBER_UNREADABLE',
    ],
    [
      'the index names another row group',
      { title: 'Title 1' },
      SNAPPY,
      (o, { index }) => change(o, index, memberOf('Title 1', 1)),
      'MEMBER_CONTRADICTS',
    ],
    [
      'the index names a member that is none',
      { title: 'Title 1' },
      GZIP,
      (o, { index }) => change(o, index, memberOf('Title 1', 9)),
      'INDEX_CONTRADICTS',
    ],
    [
      'the index names another member',
      { title: 'Title 1' },
      GZIP,
      (o, { index }) => change(o, index, memberOf('Title 1', 1)),
      'MEMBER_CONTRADICTS',
    ],
  ];
  /** The first 64 bits that are the one are the other: the CRC of their page finds it. */
  function pageId(from: number, to: number): (bytes: Buffer) => Buffer {
    return (bytes) => {
      const id = Buffer.alloc(8);
      id.writeBigInt64LE(BigInt(from));
      bytes.writeBigInt64LE(BigInt(to), bytes.indexOf(id));
      return bytes;
    };
  }
  function memberOf(title: string, member: number): (bytes: Buffer) => Buffer {
    return (bytes) => {
      bytes.writeUInt32BE(member, bytes.indexOf(titleDigest(title)) + 16);
      return bytes;
    };
  }
  for (const [what, sought, rows, damage, code] of damages) {
    it(`says ${code}, and gives no row, where ${what}`, async () => {
      const { objects, run } = await build(2, 2, SMALL, rows);
      damage(objects, keysOf(run));
      await put(objects);
      let given = 0;
      await assert.rejects(
        findPage(s3.store, run, sought, async () => void (await Promise.resolve((given += 1))), signal),
        (error) => {
          assert.ok(error instanceof FleetError, String(error));
          assert.equal(error.code, code, error.message);
          assert.match(error.message, /dump-0\.bz2/);
          return true;
        },
      );
      assert.equal(given, 0);
    });
  }

  for (const format of FORMATS)
    for (const compression of COMPRESSIONS_OF[format]) {
      const skipped = compression === 'zstd' && typeof zlib.zstdCompressSync !== 'function';
      it(`reads rows as ${format} with ${compression}, and notices what is broken`, async function () {
        if (skipped) this.skip('zstd in node:zlib (Node 22.15 or later)');
        const { objects, run } = await build(2, 2, SMALL, { format, compression });
        await put(objects);
        for (const sought of [{ id: 11 }, { title: 'Title 11' }]) {
          assert.deepEqual((await find(run, sought)).lines, [rowOf({ id: 11, title: 'Title 11' }, format)]);
        }
        const part = partKey(run.plan.run, run.plan.files[0]!.file, SPLIT, run.plan.planId, run.plan.settings);
        await s3.store.put(part, Buffer.alloc(objects.get(part)!.length));
        await assert.rejects(find(run, { id: 1 }), { code: /^MEMBER_(UNREADABLE|CONTRADICTS)$/ });
      });
    }

  it('says that this Node has no zstd before anything is read', async function () {
    if (typeof zlib.zstdCompressSync === 'function') this.skip('a Node without zstd in node:zlib (Node 20)');
    const { run } = await build(1, 1, SMALL);
    const { requests } = s3.store.traffic;
    for (const format of FORMATS) {
      const settings = { ...run.plan.settings, format, compression: 'zstd' as const };
      const unread = { ...run, plan: { ...run.plan, settings } };
      await assert.rejects(find(unread, { id: 1 }), { code: 'ZSTD_UNAVAILABLE' });
    }
    assert.equal(s3.store.traffic.requests, requests);
  });

  it('asks for no more of Parquet than of JSON Lines, whatever its footer', async () => {
    const { objects, run } = await build(2, 2, SMALL, SNAPPY);
    const { part } = keysOf(run);
    change(objects, part, (bytes) => bytes.fill(0xff, bytes.length - 1000));
    await put(objects);
    const { requests } = s3.store.traffic;
    assert.equal((await find(run, { id: 1 })).lines.length, 1);
    assert.equal(s3.store.traffic.requests - requests, 3, 'a manifest, a receipt, a range');
  });

  const titles: [what: string, stands: readonly string[], asked: string, expected: readonly string[]][] = [
    ['as it stands', ['A B', 'A_B'], 'A_B', ['A_B']],
    ['with its underscores as spaces where none has it', ['A B'], 'A_B', ['A B']],
    ['never with its spaces as underscores', ['A_B'], 'A B', []],
    ['with all of its underscores as spaces, or none', ['A_B C'], 'A_B_C', []],
    ['where another differs by a form of Unicode', ['é', 'e\u0301'], 'e\u0301', ['e\u0301']],
    [
      'that is like JSON',
      ['","page_id":1,"page_title":"x'],
      '","page_id":1,"page_title":"x',
      ['","page_id":1,"page_title":"x'],
    ],
    [
      'of escapes and separators',
      ['\\" \u2028\u2029\t\u007f\u{1f600}'],
      '\\" \u2028\u2029\t\u007f\u{1f600}',
      ['\\" \u2028\u2029\t\u007f\u{1f600}'],
    ],
    ['of 2,048 characters', ['\u{1f600}'.repeat(1024)], '\u{1f600}'.repeat(1024), ['\u{1f600}'.repeat(1024)]],
    ['of nothing', [''], '', ['']],
    ['like a property of every object', ['__proto__'], '__proto__', ['__proto__']],
    ['longer than any', ['A'], 'A'.repeat(100_000), []],
  ];
  for (const [what, stands, asked, expected] of titles) {
    it(`finds a title ${what}`, async () => {
      const { objects, run } = await build(1, 1, () => [stands.map((title, at) => ({ id: at + 1, title }))]);
      await put(objects);
      const { lines } = await find(run, { title: asked });
      assert.deepEqual(
        lines.map((line) => (JSON.parse(line) as { page_title: string }).page_title),
        expected,
      );
    });
  }

  it('finds a page where ids do not ascend, and each time that it is there', async () => {
    const { objects, run } = await build(2, 1, (file) => [
      [
        { id: 9, title: 'A' },
        { id: 2, title: `B ${file}` },
        { id: 5, title: 'C' },
        { id: 2, title: 'D' },
      ],
    ]);
    await put(objects);
    const { lines, ids, repeated } = await find(run, { id: 2 });
    assert.deepEqual(
      lines.map((line) => (JSON.parse(line) as { page_title: string }).page_title),
      ['B 0', 'D', 'B 1'],
    );
    assert.deepEqual([ids, repeated], [[2], 1], 'a row that both files have is given once');
  });

  describe('in a run of 71 files and 2,840 splits', () => {
    const SPLITS = 40;
    /** A split's pages: 3 members of 100. */
    const pages = (file: number, split: number): TestPage[][] =>
      [0, 1, 2].map((member) =>
        Array.from({ length: 100 }, (_, at) => {
          const id = ((file * SPLITS + split) * 3 + member) * 100 + at;
          return { id, title: `Page ${id}` };
        }),
      );
    let large: Awaited<ReturnType<typeof build>>;
    let requests: string[] = [];
    let bytes = 0;
    before(async () => (large = await build(71, SPLITS, pages)));
    beforeEach(() => {
      requests = [];
      bytes = 0;
    });

    /** Answers out of memory: 8,000 objects on a disk would be the longest part of the test. */
    function counted(objects: Objects): typeof s3.store {
      const get = (key: string): Buffer => {
        requests.push(key);
        const found = objects.get(key);
        assert.ok(found, key);
        return found;
      };
      return overriding(s3.store, {
        getJson: async (key, schema) => {
          const found = get(key);
          bytes += found.length;
          return await Promise.resolve({ value: schema.parse(JSON.parse(found.toString())), etag: '' });
        },
        getRange: async (key, { start, end, size }) => {
          const found = get(key);
          assert.equal(found.length, size);
          bytes += end - start;
          return await Promise.resolve(found.subarray(start, end));
        },
      });
    }

    it('takes three requests by id: a manifest, a receipt, a range', async () => {
      const { objects, run } = large;
      for (const id of [0, 12_345, 424_242, 71 * SPLITS * 300 - 1]) {
        requests = [];
        const { lines } = await find(run, { id }, counted(objects));
        assert.deepEqual(lines, [rowOf({ id, title: `Page ${id}` })]);
        assert.equal(requests.length, 3, requests.join('\n'));
      }
    });

    it('takes none for an id that no file can have', async () => {
      assert.deepEqual((await find(large.run, { id: 5_000_000 }, counted(large.objects))).lines, []);
      assert.equal(requests.length, 0);
    });

    it('takes one request a file, one a split, and two by title', async () => {
      const { objects, run } = large;
      const id = 654_321;
      const { lines } = await find(run, { title: `Page ${id}` }, counted(objects));
      assert.deepEqual(lines, [rowOf({ id, title: `Page ${id}` })]);
      const count = (part: string): number => requests.filter((key) => key.includes(part)).length;
      assert.deepEqual(
        [count('/manifests/'), count('/receipts/'), count('rows/')],
        [71, 1, 1],
        'the manifests, and what holds the page',
      );
      // a window that misses is made wider: of four deviations, some in ten thousand
      assert.ok(count('/index/') >= 71 * SPLITS && count('/index/') < 71 * SPLITS * 1.01, `${count('/index/')}`);
      assert.ok(bytes < 71 * SPLITS * 6000, `${bytes} bytes`);
    });

    it('takes the indexes twice, and the manifests once, for a title that is nowhere', async () => {
      assert.deepEqual((await find(large.run, { title: 'No_such' }, counted(large.objects))).lines, []);
      assert.ok(requests.length < 71 + 2 * 71 * SPLITS * 1.01, `${requests.length}`);
    });
  });

  describe('completeRun', () => {
    it('wants a plan and a manifest, and names the next step', async () => {
      const { objects, run } = await build(1, 1, SMALL);
      const name = run.plan.run;
      await assert.rejects(completeRun(s3.store, name, signal), { code: 'RUN_UNKNOWN', message: /`seed` writes one/ });
      objects.delete(runManifestKey(name, run.plan.planId));
      await put(objects);
      const unfinished = { code: 'RUN_UNFINISHED', message: /no manifest; `npm run -s fleet -- status --wiki wiki\d+/ };
      await assert.rejects(completeRun(s3.store, name, signal), unfinished);
      await assert.rejects(newestCompleteRun(s3.store, name, signal), unfinished);
      await assert.rejects(newestCompleteRun(s3.store, { ...name, wiki: 'none' }, signal), { code: 'RUN_UNKNOWN' });
    });

    it('is the newest where no date is given, past those that are not finished', async () => {
      const { objects, run } = await build(1, 1, SMALL);
      await put(objects);
      const of = (date: string): Plan => sealPlan({ ...run.plan, run: { ...run.plan.run, date } });
      for (const date of ['2026-09-01', '2026-11-01']) await s3.store.putJson(planKey(of(date).run), of(date));
      await s3.store.put(`runs/articles/${run.plan.run.wiki}/notes/plan.json`, '{}');
      const newest = await newestCompleteRun(s3.store, run.plan.run, signal);
      assert.equal(newest.plan.run.date, '2026-10-01');
      assert.deepEqual(
        newest.unfinished.map(({ date }) => date),
        ['2026-11-01'],
      );
    });
  });

  describe('findQuarantined', () => {
    const record = (id: number | null, title: string | null, raw = 'x'): string =>
      `${JSON.stringify({ wiki_id: 'w', page_id: id, page_title: title, revision_id: 1, block: 0, offset: 0, length: 1, code: 'C', reason: 'r', encoding: 'utf-8', raw, page_head: null })}\n`;

    /** A run with so many records in quarantine files of its first file. */
    async function quarantined(files: readonly string[]): Promise<CompleteRun> {
      const { objects, run } = await build(1, files.length, (_, split) => [[{ id: split, title: `T${split}` }]]);
      const { file } = run.plan.files[0]!;
      const key = fileManifestKey(run.plan.run, run.plan.planId, file);
      const manifest = JSON.parse(objects.get(key)!.toString()) as { result: FileManifestResult };
      const records = files.join('').split('\n').length - 1;
      for (const [at, content] of files.entries()) {
        const name = quarantineKey(run.plan.run, file, manifest.result.parts[at]!.split, run.plan.planId);
        objects.set(name, Buffer.from(content));
        manifest.result.quarantine.push({ key: name, size: Buffer.byteLength(content), sha256: SHA });
      }
      manifest.result.counts.quarantined = records;
      objects.set(key, Buffer.from(JSON.stringify(sealManifest(manifest.result, CLOSED))));
      await put(objects);
      return { plan: run.plan, manifest: runManifestResult(run.plan, [manifest.result]) };
    }

    it('reads nothing where the run has none', async () => {
      const { objects, run } = await build(1, 1, SMALL);
      await put(objects);
      const found = await find(run, { id: 1 });
      const { requests } = s3.store.traffic;
      assert.deepEqual((await findQuarantined(s3.store, run, { id: 1 }, found, signal)).revisions, []);
      assert.equal(s3.store.traffic.requests, requests);
    });

    it('finds records behind long ones, by id and title, and counts those of no page', async () => {
      const long = '"encoding":"'.repeat(800_000);
      const tricky = 'A","encoding":"utf-8"';
      const run = await quarantined([
        record(7, 'Long', long) + record(1, 'One') + record(null, tricky) + 'no JSON\n' + record(null, null),
      ]);
      for (const [sought, lines] of [
        [{ id: 7 }, [1]],
        [{ id: 1 }, [2]],
        [{ title: tricky }, [3]],
        [{ title: 'Nobody' }, []],
      ] as const) {
        const found = await find(run, sought);
        const { revisions, nameless, unread } = await findQuarantined(s3.store, run, sought, found, signal);
        assert.deepEqual([revisions.map(({ line }) => line), nameless, unread], [lines, 2, 0], JSON.stringify(sought));
      }
    });

    it('stops at 64 files, and says how many it did not read', async () => {
      const run = await quarantined(Array.from({ length: 70 }, (_, at) => record(at, `T${at}`)));
      const found = await find(run, { id: 1 });
      const { revisions, unread, records } = await findQuarantined(s3.store, run, { id: 1 }, found, signal);
      assert.deepEqual([revisions.length, unread, records], [1, 6, 70]);
    });
  });
});
