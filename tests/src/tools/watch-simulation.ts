import { existsSync } from 'node:fs';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { digestOf } from '@wikifleet/domain/digest';
import { sealManifest } from '@wikifleet/domain/manifests';
import { DEFAULT_SETTINGS, sealPlan } from '@wikifleet/domain/plan';
import { sealRawRecord } from '@wikifleet/domain/receipts';

const NO_COUNTS = {
  pages: 0,
  rows: 0,
  pagesWithoutRevision: 0,
  partialPages: 0,
  quarantineDropped: {},
  quarantined: 0,
  filteredPages: 0,
  filteredRevisions: 0,
  pagesWithoutNamespace: 0,
  textsRefused: {},
  textsFlattened: 0,
  templates: {},
  otherTemplates: { rendered: 0, dropped: 0 },
  unmapped: {},
};
const KIND = 'articles-multistream' as const;
const DATE = '2026-10-01';
const SPLIT_BYTES = 32 * 1024 * 1024;
const SHA256 = 'a'.repeat(64);

export interface SimulatedRun {
  readonly wiki: string;
  readonly files: number;
  /** Splits of each file. */
  readonly splits: number;
  /** Files that are done, the first ones; then so many in conversion, failed, and on S3. The others wait. */
  readonly done: number;
  readonly converting: number;
  readonly failed: number;
  readonly downloaded: number;
  /** Leaves what is there. */
  readonly more?: boolean;
  /** Seconds from one file's end to the next one's; without it, all are written now. */
  readonly secondsEach?: number;
}

/** Writes what a fleet would have left of a run into a bucket's folder: plan, records, receipts, manifests, failures. */
export async function simulateRun(bucket: string, simulated: SimulatedRun): Promise<void> {
  const { wiki, splits } = simulated;
  const run = { kind: KIND, wiki, date: DATE } as const;
  const size = splits * SPLIT_BYTES - 1000;
  const top = `runs/${KIND}/${wiki}/${DATE}`;
  const file = (i: number): string =>
    `${wiki}-20261001-pages-articles-multistream${i + 1}.xml-p${i * 1000 + 1}p${(i + 1) * 1000}.bz2`;
  const files = Array.from({ length: simulated.files }, (_, i) => file(i));
  const settings = {
    ...DEFAULT_SETTINGS,
    splitBytes: SPLIT_BYTES,
  } as const;
  const planned = files.map((name) => ({ file: name, path: `${wiki}/20261001/${name}`, size, checksum: null }));
  const objects = new Map<string, unknown>();
  const nonce = '0123456789abcdef';
  const plan = sealPlan({ run, vouchedBy: 'dumpstatus', settings, files: planned, supersedes: [], nonce });
  const { planId } = plan;
  objects.set(`${top}/plan.json`, plan);
  const counts = {
    ...NO_COUNTS,
    pages: 900,
    rows: 1000 * splits,
  };
  const closed = { closedAt: `${DATE}T12:00:00.000Z`, host: 'simulated' };
  const until = { done: simulated.done, converting: 0, failed: 0, downloaded: 0 };
  until.converting = until.done + simulated.converting;
  until.failed = until.converting + simulated.failed;
  until.downloaded = until.failed + simulated.downloaded;
  for (const [i, name] of files.entries()) {
    if (i >= until.downloaded) break;
    const mirror = i % 3 === 0 ? 'bringyour' : 'your.org';
    const fixed = { planId, run, file: name, size, sha256: SHA256, upstreamChecksum: null, splitBytes: SPLIT_BYTES };
    const attempt = { id: '12345678', etag: '"e"', mirror, repair: null };
    objects.set(`${top}/${planId}/raw/${name}.json`, sealRawRecord({ ...fixed, compressor: null }, attempt));
    if (i < until.done) {
      const result = {
        planId,
        run,
        file: name,
        size,
        sha256: SHA256,
        upstreamChecksum: null,
        rawRecord: SHA256,
        receipts: [],
        counts,
        pageOrder: { descents: 0, firstDescent: null },
        parts: [],
        quarantine: [],
      };
      objects.set(`${top}/${planId}/manifests/${name}.json`, sealManifest(result, closed));
    } else if (i < until.converting) {
      for (let split = 0; split < 1 + (i % Math.max(1, splits - 1)); split += 1) {
        objects.set(
          `${top}/${planId}/receipts/${name}/${String(split).padStart(5, '0')}.json`,
          receiptOf(run, planId, name, size, split, splits),
        );
      }
    } else if (i < until.failed) {
      const failure = {
        version: 1,
        file: name,
        stage: '00000',
        code: 'BLOCK_DAMAGED',
        place: 'bit 1234',
        expected: null,
        received: null,
      };
      const message = `${name}: the block at bit 1234: expected the checksum 5f3a02c1, received 5f3a02c0`;
      objects.set(`${top}/${planId}/failures/${name}/00000.json`, {
        ...failure,
        message,
        attempts: 1,
        written: null,
        at: closed.closedAt,
        retriedAt: null,
      });
    }
  }
  if (simulated.done === simulated.files) {
    const of = { planId, plan: plan.digest, run, vouchedBy: 'dumpstatus', settings, counts };
    const rows = files.map((name) => ({
      file: name,
      manifest: SHA256,
      size,
      sha256: SHA256,
      upstreamChecksum: null,
      pages: 900,
      rows: counts.rows,
      quarantined: 0,
      filteredPages: 0,
      pageOrder: { descents: 0, firstDescent: null },
      parts: 0,
      pageIds: { first: 1, last: 900 },
    }));
    objects.set(`${top}/${planId}/manifest.json`, sealManifest({ ...of, files: rows }, closed));
  }
  await writeObjects(bucket, objects, simulated.more === true);
  const { secondsEach } = simulated;
  if (secondsEach === undefined) return;
  const now = Date.now() / 1000;
  const begun = until.converting + simulated.downloaded;
  for (const key of objects.keys()) {
    const at = files.findIndex((name) => key.includes(name));
    // the newest file is whole just now
    const ago =
      at < 0 ? secondsEach * begun : secondsEach * Math.max(0, (key.includes('/raw/') ? begun : until.converting) - at);
    await utimes(join(bucket, key), now - ago, now - ago);
  }
}

async function writeObjects(bucket: string, objects: ReadonlyMap<string, unknown>, more: boolean): Promise<void> {
  const folders = new Set([...objects.keys()].map((key) => dirname(join(bucket, key))));
  for (const folder of folders) await mkdir(folder, { recursive: true });
  const all = [...objects].filter(([key]) => !more || !existsSync(join(bucket, key)));
  for (let i = 0; i < all.length; i += 32) {
    await Promise.all(
      all.slice(i, i + 32).map(async ([key, value]) => await writeFile(join(bucket, key), JSON.stringify(value))),
    );
  }
}

function receiptOf(run: object, planId: string, file: string, size: number, index: number, count: number): object {
  const split = { index, count, start: index * SPLIT_BYTES, end: Math.min(size, (index + 1) * SPLIT_BYTES) };
  const place = { block: 400, offset: 0 };
  const head = {
    firstBlock: 32,
    bytes: 900,
    end: place,
    followedBy: 'page',
    hasRoot: true,
    dbname: null,
    encoding: 'utf-8',
  };
  const counts = { ...NO_COUNTS, pages: 900, rows: 1000 };
  const none = {
    rejectedCandidates: [],
    firstPage: null,
    nextPage: null,
    sequence: { streams: null, pageOrder: null },
    part: null,
    members: [],
    index: null,
    quarantine: null,
  };
  const object = { size, sha256: SHA256 };
  const result = {
    planId,
    run,
    file,
    split,
    object,
    rowsVersion: 1,
    firstBlock: null,
    nextBlock: null,
    head,
    counts,
    ...none,
  };
  const at = `${DATE}T12:00:00.000Z`;
  const attempt = { startedAt: at, finishedAt: at, seconds: 1, host: 'simulated', receiveCount: 1 };
  return { version: 2, digest: digestOf(result), result, repairs: [], run: attempt };
}
