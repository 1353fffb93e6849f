import assert from 'node:assert/strict';
import * as zlib from 'node:zlib';
import { PermanentError } from '@wikifleet/domain/errors';
import { splitsOf } from '@wikifleet/domain/jobs';
import {
  fileManifestKey,
  indexKey,
  partKey,
  partsPrefix,
  planKey,
  quarantineKey,
  rawKey,
  rawNoteKey,
  receiptKey,
  rowsPrefix,
  runManifestKey,
} from '@wikifleet/domain/keys';
import { COMPRESSIONS_OF, FORMATS } from '@wikifleet/domain/plan';
import type { Plan } from '@wikifleet/domain/plan';
import { receiptSchema } from '@wikifleet/domain/receipts';
import type { SplitResult } from '@wikifleet/domain/receipts';
import { readRunManifest } from './manifests.js';
import { readFailures, writeFailure } from './failures.js';
import { settlePlan } from './plans.js';
import { repairRun } from './repair-run.js';
import type { Repaired } from './repair-run.js';
import { SIZE, newDraft, overriding, startS3 } from './runs-harness.test.js';
import type { Loopback } from './runs-harness.test.js';
import type { Problem } from './verify-file.js';
import { Workers, bytesOf, keysOf, sha256, writeRun } from './verify-harness.test.js';
import { verifyRun } from './verify-run.js';
import type { RunVerdict } from './verify-run.js';

const FILE = 'a.bz2';
const { signal } = new AbortController();
const SPLITS = splitsOf(SIZE, 30);

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
  const repair = async (verdict: RunVerdict): Promise<Repaired> =>
    await repairRun(s3.store, workers.queues, verdict, signal);
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
    const { result } = read.value;
    await s3.store.putJson(receipt(index), { ...read.value, result: { ...result, ...by(result) } });
  };

  const formats = FORMATS.flatMap((format) => COMPRESSIONS_OF[format].map((compression) => ({ format, compression })));
  for (const { format, compression } of formats) {
    const unavailable = compression === 'zstd' && typeof zlib.zstdCompress !== 'function';
    it(`proves a run whose rows are ${format}, ${compression}${unavailable ? ' (not on this Node: skipped)' : ''}`, async function () {
      if (unavailable) this.skip();
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
    /** What is enqueued: splits of the file, or its download. */
    enqueued: number[] | 'download',
  ];
  const damages: Damage[] = [
    ['a part is missing', async () => await remove(part(1)), [['PART_MISSING', 1]], [1]],
    ['a part is cut', async () => await change(part(0), (b) => b.subarray(0, -1)), [['PART_SIZE_DIFFERS', 0]], [0]],
    [
      'a part is longer',
      async () => await change(part(0), (b) => Buffer.concat([b, b])),
      [['PART_SIZE_DIFFERS', 0]],
      [0],
    ],
    [
      'a part has other bytes of the same size',
      async () => await change(part(2), (bytes) => bytes.fill(7, 12, 20)),
      [['PART_BYTES_DIFFER', 2]],
      [2],
    ],
    [
      'a part cannot be decoded, though its receipt says so',
      async () => {
        await change(part(2), (bytes) => bytes.fill(7));
        const digest = sha256(await bytesOf(s3.store, part(2)));
        await changeResult(2, (result) => ({ part: { ...result.part!, sha256: digest } }));
      },
      [['PART_CONTENT_DIFFERS', 2], ['MANIFEST_DIFFERS']],
      [2],
    ],
    ['a quarantine file is missing', async () => await remove(quarantine()), [['QUARANTINE_MISSING', 1]], [1]],
    [
      'a quarantine file has other bytes',
      async () => await change(quarantine(), (bytes) => bytes.fill(7, 0, 5)),
      [['QUARANTINE_BYTES_DIFFER', 1]],
      [1],
    ],
    [
      'an index is missing',
      async () => await remove(indexKey(plan.run, plan.planId, FILE, 0)),
      [['INDEX_MISSING', 0]],
      [0],
    ],
    ['a receipt is missing', async () => await remove(receipt(1)), [['RECEIPT_MISSING', 1]], [1]],
    [
      'the receipts of a file are missing, and its parts',
      async () => await remove(receipt(0), receipt(1), receipt(2), receipt(3), part(0), part(1), part(2)),
      [['RECEIPT_MISSING', 0, 1, 2, 3]],
      [0, 1, 2, 3],
    ],
    ['a receipt is no JSON', async () => void (await s3.store.put(receipt(3), '{')), [['RECEIPT_MALFORMED', 3]], [3]],
    [
      'a receipt is JSON of something else',
      async () => void (await s3.store.put(receipt(3), '{"version":1}')),
      [['RECEIPT_MALFORMED', 3]],
      [3],
    ],
    [
      'a receipt is of other bytes',
      async () => await changeResult(1, () => ({ object: { size: SIZE, sha256: 'b'.repeat(64) } })),
      [['RECEIPT_UNFIT', 1]],
      [1],
    ],
    [
      'a receipt counts other rows than its members',
      async () => await changeResult(1, ({ counts }) => ({ counts: { ...counts, rows: 3 } })),
      [['RECEIPT_CONTRADICTS', 1]],
      [1],
    ],
    [
      'a receipt counts pages that were filtered out, by a plan without a filter',
      async () => await changeResult(1, ({ counts }) => ({ counts: { ...counts, filteredPages: 1, pages: 2 } })),
      [['RECEIPT_CONTRADICTS', 1]],
      [1],
    ],
    [
      'a receipt counts texts that were refused, by a plan without plain_text',
      async () => await changeResult(1, ({ counts }) => ({ counts: { ...counts, plainTextRefused: { failed: 1 } } })),
      [['RECEIPT_CONTRADICTS', 1]],
      [1],
    ],
    [
      'a receipt counts more pages without a row than pages',
      async () => await changeResult(1, ({ counts }) => ({ counts: { ...counts, pagesWithoutRevision: 99 } })),
      [['RECEIPT_CONTRADICTS', 1]],
      [1],
    ],
    [
      'a receipt names the part of another split',
      async () => await changeResult(1, (result) => ({ part: { ...result.part!, key: part(0) } })),
      [['RECEIPT_CONTRADICTS', 1]],
      [1],
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
      [['PART_CONTENT_DIFFERS', 1]],
      [1],
    ],
    [
      'two splits do not join',
      async () => await changeResult(1, () => ({ firstBlock: 250 })),
      [['BLOCKS_DO_NOT_JOIN', 0, 1]],
      [0, 1],
    ],
    [
      'the last pages are missing',
      async () => await changeResult(2, (result) => ({ nextPage: { ...result.nextPage!, is: 'nothing' } })),
      [['NO_END_TAG', 2]],
      [2],
    ],
    ['a manifest is missing', async () => await remove(fileManifest()), [['MANIFEST_MISSING']], []],
    ['a manifest is no JSON', async () => void (await s3.store.put(fileManifest(), '[')), [['MANIFEST_MALFORMED']], []],
    [
      'a manifest is that of another file',
      async () =>
        void (await s3.store.put(
          fileManifest(),
          await bytesOf(s3.store, fileManifestKey(plan.run, plan.planId, 'a.bz2.b')),
        )),
      [['MANIFEST_DIFFERS']],
      [],
    ],
    ['the manifest of the run is missing', async () => await remove(runManifest()), [['RUN_MANIFEST_MISSING']], []],
    [
      'the manifest of the run differs',
      async () =>
        await change(runManifest(), (bytes) => Buffer.from(bytes.toString().replace('"rows": 12', '"rows": 13'))),
      [['RUN_MANIFEST_DIFFERS']],
      [],
    ],
    [
      'the manifest of the run is no JSON',
      async () => void (await s3.store.put(runManifest(), ' ')),
      [['RUN_MANIFEST_MALFORMED']],
      [],
    ],
    [
      'a raw object has other bytes of the same size and attempt',
      async () => {
        const metadata = { 'attempt-id': '00000000-0000-4000-8000-000000000000' };
        const writer = s3.store.createWriter(rawKey(plan.run, FILE), { partBytes: 5 << 20, metadata, signal });
        await writer.write(Buffer.alloc(SIZE, 'z'));
        await writer.finish();
      },
      [['RAW_DIFFERS']],
      'download',
    ],
    [
      'a raw object is of another attempt',
      async () => void (await s3.store.put(rawKey(plan.run, FILE), Buffer.alloc(SIZE))),
      [['RAW_DIFFERS']],
      'download',
    ],
    [
      'the raw object is gone, and a part',
      async () => await remove(rawKey(plan.run, FILE), part(1)),
      [['PART_MISSING', 1], ['RAW_GONE']],
      'download',
    ],
    [
      'the raw object is gone, and a receipt',
      async () => await remove(rawKey(plan.run, FILE), receipt(1)),
      [['RECEIPT_MISSING', 1], ['RAW_GONE']],
      'download',
    ],
    [
      'the raw note is missing',
      async () => await remove(rawNoteKey(plan.run, plan.planId, FILE)),
      [['RAW_NOTE_MISSING']],
      'download',
    ],
    [
      'the raw note is no JSON',
      async () => void (await s3.store.put(rawNoteKey(plan.run, plan.planId, FILE), 'x')),
      [['RAW_NOTE_MALFORMED']],
      'download',
    ],
    [
      'the raw note has other splits than the plan',
      async () =>
        await change(rawNoteKey(plan.run, plan.planId, FILE), (bytes) =>
          Buffer.from(bytes.toString().replace('"splitBytes": 30', '"splitBytes": 1')),
        ),
      [['RAW_NOTE_CONTRADICTS']],
      'download',
    ],
    [
      'a part of another plan lies beside',
      async () => void (await s3.store.put(part(1).replace(plan.planId, 'ffffffff'), 'x')),
      [['FOREIGN_ROWS']],
      [],
    ],
    [
      'a part lies beside that the file has no split for',
      async () => void (await s3.store.put(part(1).replace('of-00004', 'of-00005'), 'x')),
      [['STRAY_ROWS']],
      [],
    ],
    [
      'a part lies where a receipt says that there are no rows',
      async () => void (await s3.store.put(part(3), 'x')),
      [['STRAY_ROWS']],
      [],
    ],
    [
      'rows of a file lie beside that the plan does not have',
      async () => void (await s3.store.put(`${rowsPrefix(plan.run)}b.bz2/other.jsonl.gz`, 'x')),
      [['STRAY_ROWS']],
      [],
    ],
  ];

  for (const [what, damage, found, enqueued] of damages) {
    it(`finds and mends it where ${what}`, async () => {
      const whole = await contentOf();
      await damage();
      const { verdict, problems } = await verify();
      assert.equal(verdict.proved, false);
      assert.deepEqual(
        problems.map(({ code, splits }) => [code, ...splits]),
        found,
        problems.map(({ message }) => message).join('\n'),
      );
      const repaired = await repair(verdict);
      assert.deepEqual(workers.downloads, enqueued === 'download' ? [FILE] : []);
      assert.deepEqual(workers.converts, enqueued === 'download' ? [] : enqueued.map((index) => `${FILE} ${index}`));
      assert.equal(repaired.whole, enqueued.length === 0);
      const open = await readRunManifest(s3.store, plan);
      assert.equal(open === null, enqueued.length > 0, 'nothing vouches for the run while it is mended');
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
    await remove(rawKey(plan.run, FILE));
    const { verdict, problems } = await verify();
    assert.deepEqual([problems, verdict.proved, verdict.rawGone], [[], true, 1]);
  });

  it('leaves alone what no reader takes for rows', async () => {
    await s3.store.put(`${rowsPrefix(plan.run)}schema.json`, '{}');
    await s3.store.put(`${partsPrefix(plan.run, FILE)}_SUCCESS`, '1');
    await isProved();
  });

  it('changes nothing but by repair', async () => {
    await remove(part(1), fileManifest());
    const before = await s3.keys();
    await verify();
    assert.deepEqual(await s3.keys(), before);
  });

  it('says of a run that has only been planned that each file is not downloaded', async () => {
    ({ plan } = await settlePlan(s3.store, newDraft(), { force: false }));
    const { verdict, problems } = await verify();
    assert.deepEqual(
      problems.map(({ code, file }) => [code, file]),
      [
        ['RAW_NOTE_MISSING', 'a.bz2'],
        ['RAW_NOTE_MISSING', 'a.bz2.b'],
      ],
    );
    assert.deepEqual([verdict.proved, verdict.manifest, verdict.files.whole], [false, 'open', 0]);
  });

  it('says why a split was given up, and what is tried again has not failed', async () => {
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
    await remove(receipt(2), rawKey(plan.run, FILE));
    const error = new PermanentError('FILE_NOT_ON_MIRROR', 'no mirror has it');
    await writeFailure(s3.store, plan, FILE, 'download', { error, attempts: 1, written: null });
    const { problems } = await verify();
    assert.match(problems.at(-1)?.message ?? '', /; given up: FILE_NOT_ON_MIRROR: no mirror has it$/);
  });

  it('deletes no part whose receipt may be on its way, and deletes a receipt before its part', async () => {
    await remove(receipt(0));
    await s3.store.put(receipt(1), '{');
    const { verdict } = await verify();
    const order: string[] = [];
    const store = overriding(s3.store, {
      delete: async (keys, ...rest) => {
        order.push(...keys);
        await s3.store.delete(keys, ...rest);
      },
    });
    await repairRun(store, workers.queues, verdict, signal);
    assert.deepEqual(order.slice(0, 6), [
      runManifest(),
      fileManifest(),
      receipt(1),
      indexKey(plan.run, plan.planId, FILE, 1),
      quarantine(),
      part(1),
    ]);
    assert.notEqual(await s3.store.head(part(0)), null);
  });

  it('enqueues nothing before everything wrong is gone', async () => {
    await remove(part(1));
    const { verdict } = await verify();
    const store = overriding(s3.store, { delete: async () => await Promise.reject(new Error('no right to delete')) });
    await assert.rejects(repairRun(store, workers.queues, verdict, signal), /no right to delete/);
    assert.deepEqual([workers.converts, workers.downloads], [[], []]);
  });

  it('mends nothing of a run that has another plan by now', async () => {
    await remove(part(1));
    const { verdict } = await verify();
    await s3.store.putJson(planKey(plan.run), { ...plan, planId: 'ffffffff' });
    await assert.rejects(repair(verdict), { code: 'PLAN_CHANGED' });
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
