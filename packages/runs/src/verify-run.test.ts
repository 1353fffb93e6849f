import assert from 'node:assert/strict';
import * as zlib from 'node:zlib';
import { PermanentError } from '@wikifleet/domain/errors';
import { splitsOf } from '@wikifleet/domain/jobs';
import {
  fileManifestKey,
  indexKey,
  partKey,
  planKey,
  quarantineKey,
  rawKey,
  rawRecordKey,
  receiptKey,
  rowsPrefix,
  runManifestKey,
} from '@wikifleet/domain/keys';
import { runManifestSchema } from '@wikifleet/domain/manifests';
import { COMPRESSIONS_OF, FORMATS, sealPlan } from '@wikifleet/domain/plan';
import type { Plan } from '@wikifleet/domain/plan';
import { rawRecordSchema, receiptSchema, sealRawRecord, sealReceipt } from '@wikifleet/domain/receipts';
import type { RawRecord, SplitResult } from '@wikifleet/domain/receipts';
import { readFailures, writeFailure } from './failures.js';
import { settlePlan } from './plans.js';
import type { PlanDraft } from './plans.js';
import { writeRawRecord } from './raw-records.js';
import { readStored, replacing } from './read-stored.js';
import type { Stored } from './read-stored.js';
import { repairRun } from './repair-run.js';
import type { Repaired } from './repair-run.js';
import { ATTEMPT, SIZE, newDraft, overriding, recordOf, startS3 } from './testing/runs-harness.js';
import type { Loopback } from './testing/runs-harness.js';
import type { Problem } from './verify-file.js';
import { Workers, bytesOf, keysOf, sha256, writeRun } from './testing/verify-harness.js';
import { verifyRun } from './verify-run.js';
import type { RunVerdict } from './verify-run.js';

const FILE = 'a.bz2';
const { signal } = new AbortController();
const SPLITS = splitsOf(SIZE, 30);

function draftOf({ run, vouchedBy, settings, files }: Plan): PlanDraft {
  return { run, vouchedBy, settings, files };
}

interface Verified {
  readonly verdict: RunVerdict;
  readonly problems: readonly Problem[];
}

describe('verifyRun and repairRun', () => {
  let s3: Loopback;
  let plan: Plan;
  let workers: Workers;
  before(async () => {
    s3 = await startS3();
  });
  beforeEach(async () => {
    ({ plan } = await settlePlan(s3.store, newDraft(), { force: false }));
    workers = new Workers(s3.store, plan);
    await writeRun(s3.store, plan);
  });
  after(async () => await s3.close());

  const verify = async (store = s3.store): Promise<Verified> => {
    const problems: Problem[] = [];
    const verdict = await verifyRun(store, plan, { signal, onProblem: (problem) => problems.push(problem) });
    assert.equal(verdict.problems, problems.length);
    return { verdict, problems };
  };
  const repair = async (verdict: RunVerdict): Promise<Repaired> => await repairRun(s3.store, workers, verdict, signal);
  const isProved = async (): Promise<void> => {
    const { verdict, problems } = await verify();
    assert.deepEqual([problems, verdict.proved], [[], true]);
  };
  const part = (index: number): string => partKey(plan.run, FILE, SPLITS[index]!, plan.planId, plan.settings);
  const receipt = (index: number): string => receiptKey(plan.run, plan.planId, FILE, index);
  const quarantine = (): string => quarantineKey(plan.run, FILE, SPLITS[1]!, plan.planId);
  const fileManifest = (): string => fileManifestKey(plan.run, plan.planId, FILE);
  const runManifest = (): string => runManifestKey(plan.run, plan.planId);
  const remove = async (...keys: string[]): Promise<void> => await s3.store.delete(keys);
  const change = async (key: string, by: (bytes: Buffer) => Uint8Array): Promise<void> => {
    await s3.store.put(key, by(await bytesOf(s3.store, key)));
  };
  const changeResult = async (index: number, by: (result: SplitResult) => Partial<SplitResult>): Promise<void> => {
    const read = await s3.store.getJson(receipt(index), receiptSchema);
    assert.ok(read);
    const { result, run } = read.value;
    await s3.store.putJson(receipt(index), sealReceipt({ ...result, ...by(result) }, run));
  };
  const raw = (): string => rawKey(plan.run, plan.planId, FILE, ATTEMPT.id);
  const record = (): string => rawRecordKey(plan.run, plan.planId, FILE);

  const formats = FORMATS.flatMap((format) => COMPRESSIONS_OF[format].map((compression) => ({ format, compression })));
  for (const { format, compression } of formats) {
    const unavailable = compression === 'zstd' && typeof zlib.zstdCompress !== 'function';
    it(`proves a run whose rows are ${format}, ${compression}`, async function () {
      if (unavailable) this.skip('zstd in node:zlib (Node 22.15 or later)');
      const draft = newDraft();
      ({ plan } = await settlePlan(
        s3.store,
        { ...draft, settings: { ...draft.settings, format, compression } },
        { force: false },
      ));
      await writeRun(s3.store, plan);
      const { verdict, problems } = await verify();
      assert.deepEqual(problems, []);
      assert.equal(verdict.proved, true);
      assert.deepEqual(verdict.files, { planned: 2, whole: 2, parts: 6 });
      assert.deepEqual([verdict.counts.rows, verdict.counts.quarantined, verdict.rawGone], [12, 2, 0]);
    });
  }

  type Damage = [
    what: string,
    damage: () => Promise<void>,
    /** Code and splits of each problem. */
    found: [code: string, ...splits: number[]][],
    /** The repair of the file that is enqueued: its splits, and whether it is downloaded again; `job` for a job without one. */
    enqueued: { readonly splits: 'all' | readonly number[]; readonly refetch?: true } | 'job' | null,
  ];
  const damages: Damage[] = [
    ['a part is missing', async () => await remove(part(1)), [['PART_MISSING', 1]], { splits: [1] }],
    [
      'a part is cut',
      async () => await change(part(0), (b) => b.subarray(0, -1)),
      [['PART_SIZE_DIFFERS', 0]],
      { splits: [0] },
    ],
    [
      'a part is longer',
      async () => await change(part(0), (b) => Buffer.concat([b, b])),
      [['PART_SIZE_DIFFERS', 0]],
      { splits: [0] },
    ],
    [
      'a part has other bytes of the same size',
      async () => await change(part(2), (bytes) => bytes.fill(7, 12, 20)),
      [['PART_BYTES_DIFFER', 2]],
      { splits: [2] },
    ],
    [
      'a part cannot be decoded, though its receipt says so',
      async () => {
        await change(part(2), (bytes) => bytes.fill(7));
        const digest = sha256(await bytesOf(s3.store, part(2)));
        await changeResult(2, (result) => ({ part: { ...result.part!, sha256: digest } }));
      },
      [['PART_CONTENT_DIFFERS', 2], ['MANIFEST_DIFFERS'], ['RUN_MANIFEST_DIFFERS']],
      { splits: [2] },
    ],
    [
      'a quarantine file is missing',
      async () => await remove(quarantine()),
      [['QUARANTINE_MISSING', 1]],
      { splits: [1] },
    ],
    [
      'a quarantine file has other bytes',
      async () => await change(quarantine(), (bytes) => bytes.fill(7, 0, 5)),
      [['QUARANTINE_BYTES_DIFFER', 1]],
      { splits: [1] },
    ],
    [
      'an index is missing',
      async () => await remove(indexKey(plan.run, plan.planId, FILE, 0)),
      [['INDEX_MISSING', 0]],
      { splits: [0] },
    ],
    // under a manifest, only a repair makes it anew
    ['a receipt is missing', async () => await remove(receipt(1)), [['RECEIPT_MISSING', 1]], { splits: [] }],
    [
      'a receipt is missing, and no manifest is there yet',
      async () => await remove(receipt(1), fileManifest(), runManifest()),
      [['RECEIPT_MISSING', 1]],
      'job',
    ],
    [
      'the receipts of a file are missing, and its parts',
      async () => await remove(receipt(0), receipt(1), receipt(2), receipt(3), part(0), part(1), part(2)),
      [['RECEIPT_MISSING', 0, 1, 2, 3]],
      { splits: [] },
    ],
    [
      'a receipt is no JSON',
      async () => void (await s3.store.put(receipt(3), '{')),
      [['RECEIPT_MALFORMED', 3]],
      { splits: [3] },
    ],
    [
      'a receipt is JSON of something else',
      async () => void (await s3.store.put(receipt(3), '{"version":1}')),
      [['RECEIPT_MALFORMED', 3]],
      { splits: [3] },
    ],
    [
      'a receipt is of other bytes',
      async () => await changeResult(1, () => ({ object: { size: SIZE, sha256: 'b'.repeat(64) } })),
      [['RECEIPT_UNFIT', 1]],
      { splits: [1] },
    ],
    [
      'a receipt was edited where nothing else tells',
      async () => await changeResult(1, () => ({ rejectedCandidates: [7] })),
      [['MANIFEST_DIFFERS'], ['RUN_MANIFEST_DIFFERS']],
      { splits: [1] },
    ],
    [
      'a receipt was edited without its digest',
      async () =>
        await change(receipt(1), (bytes) => Buffer.from(bytes.toString().replace('"pages": 1', '"pages": 2'))),
      [['RECEIPT_MALFORMED', 1]],
      { splits: [1] },
    ],
    [
      'a receipt says that it has no part, no rows and no pages, but for its first page',
      async () =>
        await changeResult(0, ({ counts }) => ({
          part: null,
          index: null,
          members: [],
          counts: { ...counts, rows: 0, pages: 0 },
        })),
      [['RECEIPT_CONTRADICTS', 0]],
      { splits: [0] },
    ],
    [
      'a receipt counts other rows than its members',
      async () => await changeResult(1, ({ counts }) => ({ counts: { ...counts, rows: 3 } })),
      [['RECEIPT_CONTRADICTS', 1]],
      { splits: [1] },
    ],
    [
      'a receipt counts pages that were filtered out, by a plan without a filter',
      async () => await changeResult(1, ({ counts }) => ({ counts: { ...counts, filteredPages: 1, pages: 2 } })),
      [['RECEIPT_CONTRADICTS', 1]],
      { splits: [1] },
    ],
    [
      'a receipt counts texts that were refused, by a plan without columns of texts',
      async () => await changeResult(1, ({ counts }) => ({ counts: { ...counts, textsRefused: { exhausted: 1 } } })),
      [['RECEIPT_CONTRADICTS', 1]],
      { splits: [1] },
    ],
    [
      'a receipt counts more pages without a row than pages',
      async () => await changeResult(1, ({ counts }) => ({ counts: { ...counts, pagesWithoutRevision: 99 } })),
      [['RECEIPT_CONTRADICTS', 1]],
      { splits: [1] },
    ],
    [
      'a receipt names the part of another split',
      async () => await changeResult(1, (result) => ({ part: { ...result.part!, key: part(0) } })),
      [['RECEIPT_CONTRADICTS', 1]],
      { splits: [1] },
    ],
    [
      'a receipt has members that lie elsewhere, of the right sum',
      async () =>
        await changeResult(1, ({ members: [one, two] }) => ({
          members: [
            { ...one!, length: one!.length + 1 },
            { ...two!, offset: two!.offset + 1, length: two!.length - 1 },
          ],
        })),
      [['PART_CONTENT_DIFFERS', 1], ['MANIFEST_DIFFERS'], ['RUN_MANIFEST_DIFFERS']],
      { splits: [1] },
    ],
    [
      'two splits do not join',
      async () => await changeResult(1, () => ({ firstBlock: 250 })),
      [['BLOCKS_DO_NOT_JOIN', 0, 1]],
      { splits: [0, 1] },
    ],
    [
      'the last pages are missing',
      async () => await changeResult(2, (result) => ({ nextPage: { ...result.nextPage!, is: 'nothing' } })),
      [['NO_END_TAG', 2]],
      { splits: [2] },
    ],
    ['a manifest is missing', async () => await remove(fileManifest()), [['MANIFEST_MISSING']], null],
    [
      'a manifest is no JSON',
      async () => void (await s3.store.put(fileManifest(), '[')),
      [['MANIFEST_MALFORMED']],
      { splits: [] },
    ],
    [
      'a manifest is that of another file',
      async () =>
        void (await s3.store.put(
          fileManifest(),
          await bytesOf(s3.store, fileManifestKey(plan.run, plan.planId, 'a.bz2.b')),
        )),
      [['MANIFEST_DIFFERS']],
      { splits: [0, 1, 2, 3] },
    ],
    ['the manifest of the run is missing', async () => await remove(runManifest()), [['RUN_MANIFEST_MISSING']], null],
    [
      'the manifest of the run was edited',
      async () =>
        await change(runManifest(), (bytes) => Buffer.from(bytes.toString().replace('"rows": 12', '"rows": 13'))),
      [['RUN_MANIFEST_MALFORMED']],
      { splits: [] },
    ],
    [
      'the manifest of the run is no JSON',
      async () => void (await s3.store.put(runManifest(), ' ')),
      [['RUN_MANIFEST_MALFORMED']],
      { splits: [] },
    ],
    [
      'a raw object has other bytes of the same size',
      async () => void (await s3.store.put(raw(), Buffer.alloc(SIZE, 'z'))),
      [['RAW_DIFFERS']],
      { splits: [], refetch: true },
    ],
    [
      'a raw object is longer',
      async () => void (await s3.store.put(raw(), Buffer.alloc(SIZE + 1))),
      [['RAW_DIFFERS']],
      { splits: [], refetch: true },
    ],
    [
      'the raw object is gone, and a part',
      async () => await remove(raw(), part(1)),
      [['PART_MISSING', 1], ['RAW_GONE']],
      { splits: [1] },
    ],
    [
      'the raw object is gone, and a receipt',
      async () => await remove(raw(), receipt(1)),
      [['RECEIPT_MISSING', 1], ['RAW_GONE']],
      { splits: [] },
    ],
    [
      'the raw object record is missing',
      async () => await remove(record()),
      [['RAW_RECORD_MISSING']],
      { splits: 'all' },
    ],
    [
      'the raw object record is no JSON',
      async () => void (await s3.store.put(record(), 'x')),
      [['RAW_RECORD_MALFORMED']],
      { splits: 'all' },
    ],
    [
      'the raw object record was edited',
      async () =>
        await change(record(), (bytes) => Buffer.from(bytes.toString().replace('"splitBytes": 30', '"splitBytes": 1'))),
      [['RAW_RECORD_MALFORMED']],
      { splits: 'all' },
    ],
    [
      'the raw object record contradicts the plan',
      async () => void (await s3.store.putJson(record(), recordOf(plan, FILE, { splitBytes: 1 }))),
      [['RAW_RECORD_CONTRADICTS']],
      { splits: 'all' },
    ],
    [
      'a part of an unknown plan lies beside',
      async () => void (await s3.store.put(part(1).replace(plan.planId, 'f'.repeat(16)), 'x')),
      [['UNEXPECTED_KEY']],
      null,
    ],
    [
      'a part lies beside that the file has no split for',
      async () => void (await s3.store.put(part(1).replace('of-00004', 'of-00005'), 'x')),
      [['UNEXPECTED_KEY']],
      null,
    ],
    [
      'a part lies where a receipt says that there are no rows',
      async () => void (await s3.store.put(part(3), 'x')),
      [['SURPLUS_KEY', 3]],
      { splits: [3] },
    ],
    [
      'a quarantine object lies where a receipt says that there is none',
      async () => void (await s3.store.put(quarantineKey(plan.run, FILE, SPLITS[0]!, plan.planId), 'x')),
      [['SURPLUS_KEY', 0]],
      { splits: [0] },
    ],
    [
      'rows of a file lie beside that the plan does not have',
      async () => void (await s3.store.put(`${rowsPrefix(plan.run)}b.bz2/other.jsonl.gz`, 'x')),
      [['UNEXPECTED_KEY']],
      null,
    ],
    [
      'a file of another format lies beside the parts',
      async () => void (await s3.store.put(part(1).replace('.jsonl.gz', '.json.gz'), 'x')),
      [['UNEXPECTED_KEY']],
      null,
    ],
    [
      'a receipt of a split lies there that the file does not have',
      async () => void (await s3.store.put(receipt(999), '{}')),
      [['UNEXPECTED_KEY']],
      null,
    ],
    [
      'a raw object lies there that the record does not name',
      async () => void (await s3.store.put(rawKey(plan.run, plan.planId, FILE, '0b7e9c1a'), 'x')),
      [['ORPHANED_RAW_OBJECT']],
      null,
    ],
  ];

  for (const [what, damage, found, enqueued] of damages) {
    it(`finds and repairs it where ${what}`, async () => {
      const whole = await contentOf();
      await damage();
      const { verdict, problems } = await verify();
      assert.equal(verdict.proved, false);
      assert.deepEqual(
        problems.map(({ code, splits }) => [code, ...splits]),
        found,
        problems.map(({ message }) => message).join('\n'),
      );
      const before = await s3.keys();
      const repaired = await repair(verdict);
      assert.equal(repaired.whole, enqueued === null);
      const jobs = workers.downloads.map(({ file, repair: wanted }) => [
        file,
        wanted === null ? 'job' : { splits: wanted.splits, ...(wanted.refetch ? { refetch: true } : {}) },
      ]);
      assert.deepEqual(jobs, enqueued === null ? [] : [[FILE, enqueued]]);
      // a repair deletes nothing that a job of the plan writes
      const allowed = new Set(verdict.strays.filter(({ kind }) => kind !== 'surplus').map(({ key }) => key));
      const after = new Set(await s3.keys());
      assert.deepEqual(
        before.filter((key) => !after.has(key) && !allowed.has(key)),
        [],
      );
      await workers.work();
      await isProved();
      assert.deepEqual(await contentOf(), whole);
    });
  }

  /** Everything that a reader of the run sees, byte for byte. */
  async function contentOf(): Promise<Record<string, string>> {
    const keys = (
      await Promise.all(
        [rowsPrefix(plan.run), `quarantine/${plan.run.kind}/${plan.run.wiki}/`].map(
          async (prefix) => await keysOf(s3.store, prefix),
        ),
      )
    ).flat();
    return Object.fromEntries(
      await Promise.all(keys.map(async (key) => [key, (await bytesOf(s3.store, key)).toString('hex')] as const)),
    );
  }

  it('proves a run whose raw objects have expired, and says how many', async () => {
    await remove(raw());
    const { verdict, problems } = await verify();
    assert.deepEqual([problems, verdict.proved, verdict.rawGone], [[], true, 1]);
  });

  it('gives a digest that every change of the run changes', async () => {
    const { verdict } = await verify();
    assert.match(verdict.digest ?? '', /^[0-9a-f]{64}$/);
    const manifest = await s3.store.getJson(runManifest(), runManifestSchema);
    assert.ok(manifest?.value.state === 'closed');
    assert.equal(verdict.digest, manifest.value.digest);
    await changeResult(1, () => ({ rejectedCandidates: [7] }));
    assert.notEqual((await verify()).verdict.digest, verdict.digest);
  });

  it('reports what a superseded plan wrote late, and deletes it', async () => {
    const { plan: newer } = await settlePlan(s3.store, draftOf(plan), { force: true });
    const old = plan;
    plan = newer;
    workers = new Workers(s3.store, plan);
    await writeRun(s3.store, plan);
    const late = [
      partKey(old.run, FILE, SPLITS[0]!, old.planId, old.settings),
      receiptKey(old.run, old.planId, FILE, 0),
      rawKey(old.run, old.planId, FILE, '0b7e9c1a'),
    ];
    for (const key of late) await s3.store.put(key, 'x');
    const { verdict, problems } = await verify();
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['SUPERSEDED_KEY', 'SUPERSEDED_KEY', 'SUPERSEDED_KEY'],
    );
    const repaired = await repair(verdict);
    assert.deepEqual([repaired.deleted.toSorted(), repaired.whole], [late.toSorted(), true]);
    await isProved();
  });

  it('two repairs at once end in a run that is proved', async () => {
    await remove(part(1), receipt(2));
    await s3.store.put(receipt(0), '{');
    const content = await s3.keys(rowsPrefix(plan.run));
    const [first, second] = [await verify(), await verify()];
    await Promise.all([repair(first.verdict), repair(second.verdict)]);
    assert.equal(workers.downloads.length, 2);
    await workers.work();
    await isProved();
    assert.equal((await s3.keys(rowsPrefix(plan.run))).length, content.length + 1);
  });

  it('a repair that is delivered twice, late, changes nothing', async () => {
    await remove(part(1));
    await repair((await verify()).verdict);
    const [job] = workers.downloads;
    assert.ok(job);
    await workers.work();
    const whole = await contentOf();
    workers.downloads.push(job);
    await workers.work();
    await isProved();
    assert.deepEqual(await contentOf(), whole);
  });

  it('changes nothing but by repair', async () => {
    await remove(part(1), fileManifest());
    const before = await s3.keys();
    await verify();
    assert.deepEqual(await s3.keys(), before);
  });

  it('does not delete what a record explains that was edited with its digest', async () => {
    const unsized = newDraft();
    const files = unsized.files.map((file) => ({ ...file, size: null }));
    ({ plan } = await settlePlan(s3.store, { ...unsized, files }, { force: false }));
    workers = new Workers(s3.store, plan);
    await writeRun(s3.store, plan);
    const whole = await contentOf();
    const there = await s3.store.getJson(record(), rawRecordSchema);
    assert.ok(there);
    // by this size the file has one split, and parts of four are there
    await s3.store.putJson(record(), sealRawRecord({ ...there.value.result, size: 30 }, there.value.attempt));
    const { verdict } = await verify();
    const kinds = new Set(verdict.strays.map(({ kind }) => kind));
    assert.deepEqual([...kinds], ['doubtful']);
    assert.ok(verdict.strays.some(({ key }) => key === part(1)));
    assert.deepEqual((await repair(verdict)).deleted, []);
    assert.deepEqual(await contentOf(), whole);
  });

  describe('an attempt of a download that the record does not name', () => {
    const attempt = '0b7e9c1a';
    const orphan = (): string => rawKey(plan.run, plan.planId, FILE, attempt);
    const stored = async (): Promise<Stored<RawRecord>> => await readStored(s3.store, record(), rawRecordSchema);
    /** What the download writes that has read `there`: the record of its own object. */
    const name = async (there: Stored<RawRecord>): Promise<boolean> => {
      assert.ok(there.state === 'valid');
      const etag = (await s3.store.head(orphan()))?.etag ?? '';
      const named = sealRawRecord(there.value.result, { ...there.value.attempt, id: attempt, etag });
      return await writeRawRecord(s3.store, named, replacing(there));
    };

    it('fails at its record where a repair deletes its object', async () => {
      await s3.store.put(orphan(), await bytesOf(s3.store, raw()));
      const read = await stored();
      const { verdict } = await verify();
      assert.deepEqual((await repair(verdict)).deleted, [orphan()]);
      assert.equal(await name(read), false);
      await isProved();
    });

    it('keeps its object where it wrote its record since the verification', async () => {
      await s3.store.put(orphan(), await bytesOf(s3.store, raw()));
      const { verdict } = await verify();
      assert.equal(await name(await stored()), true);
      assert.ok(!(await repair(verdict)).deleted.includes(orphan()));
      assert.notEqual(await s3.store.head(orphan()), null);
    });

    it('keeps its object where it writes its record while the repair reads', async () => {
      await s3.store.put(orphan(), await bytesOf(s3.store, raw()));
      const { verdict } = await verify();
      const read = await stored();
      let isNamed = false;
      const racing = overriding(s3.store, {
        putJson: async (...call) => {
          if (!isNamed && call[0] === record()) {
            isNamed = true;
            assert.equal(await name(read), true);
          }
          return await s3.store.putJson(...call);
        },
      });
      const { deleted } = await repairRun(racing, workers, verdict, signal);
      assert.deepEqual([isNamed, deleted], [true, []]);
      assert.notEqual(await s3.store.head(orphan()), null);
    });
  });

  it('says of a run that has only been planned that each file is not downloaded', async () => {
    ({ plan } = await settlePlan(s3.store, newDraft(), { force: false }));
    const { verdict, problems } = await verify();
    assert.deepEqual(
      problems.map(({ code, file }) => [code, file]),
      [
        ['RAW_RECORD_MISSING', 'a.bz2'],
        ['RAW_RECORD_MISSING', 'a.bz2.b'],
      ],
    );
    assert.deepEqual([verdict.proved, verdict.manifest, verdict.files.whole], [false, 'open', 0]);
  });

  it('says why a split failed, and what is enqueued again has not failed', async () => {
    await remove(receipt(2), fileManifest(), runManifest());
    const error = new PermanentError('BLOCK_BROKEN', 'a block is broken');
    await writeFailure(s3.store, plan, FILE, 2, { error, attempts: 3, written: null });
    const { verdict, problems } = await verify();
    assert.deepEqual(
      problems.map(({ code, splits }) => [code, ...splits]),
      [['RECEIPT_MISSING', 2]],
    );
    assert.match(problems[0]?.message ?? '', /; given up: BLOCK_BROKEN: a block is broken$/);
    await repair(verdict);
    assert.deepEqual(await readFailures(s3.store, plan), []);
  });

  it('says why a raw object that is needed could not be had again', async () => {
    await remove(receipt(2), raw());
    const error = new PermanentError('FILE_NOT_ON_MIRROR', 'no mirror has it');
    await writeFailure(s3.store, plan, FILE, 'download', { error, attempts: 1, written: null });
    const { problems } = await verify();
    assert.match(problems.at(-1)?.message ?? '', /; given up: FILE_NOT_ON_MIRROR: no mirror has it$/);
  });

  it('repairs nothing of a run that has another plan by now', async () => {
    await remove(part(1));
    const { verdict } = await verify();
    await s3.store.putJson(planKey(plan.run), sealPlan({ ...draftOf(plan), files: [...plan.files], supersedes: [] }));
    await assert.rejects(repair(verdict), { code: 'PLAN_CHANGED' });
    assert.deepEqual(workers.downloads, []);
    assert.notEqual(await s3.store.head(fileManifest()), null);
  });

  it('takes a refusal for no answer', async () => {
    const forbidden = async (): Promise<never> =>
      await Promise.reject(Object.assign(new Error('Forbidden'), { $metadata: { httpStatusCode: 403 } }));
    for (const method of ['head', 'getJson', 'list'] as const) {
      const list = async function* (): AsyncGenerator<never> {
        yield await forbidden();
      };
      const store = overriding(s3.store, method === 'list' ? { list } : { [method]: forbidden });
      await assert.rejects(verifyRun(store, plan, { signal }), /Forbidden/, method);
    }
  });

  it('ends by its signal', async () => {
    await assert.rejects(verifyRun(s3.store, plan, { signal: AbortSignal.abort() }), /abort/i);
  });
});
