import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateMultipartUploadCommand, S3Client } from '@aws-sdk/client-s3';
import { splitsOf } from '@wikifleet/domain/jobs';
import { partKey, receiptKey } from '@wikifleet/domain/keys';
import { DEFAULT_SETTINGS } from '@wikifleet/domain/plan';
import type { Plan, PlanFile } from '@wikifleet/domain/plan';
import { emptyCounts, sealRawRecord, sealReceipt } from '@wikifleet/domain/receipts';
import type { RawAttempt, RawRecord, RawResult, SplitResult } from '@wikifleet/domain/receipts';
import type { StreamChecksums } from '@wikifleet/domain/stream-checksums';
import type { Run } from '@wikifleet/domain/run';
import { startLocalCloud } from '@wikifleet/local-cloud/local-cloud';
import { MemoryS3 } from '@wikifleet/store/memory-s3';
import { Store } from '@wikifleet/store/store';
import type { PlanDraft } from '../plans.js';
import { writeRawRecord } from '../raw-records.js';

const BUCKET = 'bucket';
export const SHA = 'a'.repeat(64);
/** Of every file here: four splits of at most 30 bytes. */
export const SIZE = 100;

// nothing on loopback checks them, but the SDK does not send without
process.env['AWS_ACCESS_KEY_ID'] ??= 'test';
process.env['AWS_SECRET_ACCESS_KEY'] ??= 'test';
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

export interface Loopback {
  readonly store: Store;
  readonly keys: (prefix?: string) => Promise<string[]>;
  readonly beginUpload: (key: string) => Promise<void>;
  readonly uploads: () => Promise<string[]>;
  readonly close: () => Promise<void>;
}

export async function startS3(): Promise<Loopback> {
  const directory = await mkdtemp(join(tmpdir(), 'wikifleet-runs-'));
  const cloud = await startLocalCloud({ directory, buckets: { [BUCKET]: join(directory, 'objects') }, port: 0 });
  const place = { region: 'us-east-1', endpoint: cloud.endpoint };
  const client = new S3Client({ ...place, forcePathStyle: true });
  const store = Store.connect({ ...place, bucket: BUCKET });
  return {
    store,
    keys: async (prefix = '') => await keysOf(store.list(prefix)),
    beginUpload: async (Key) => {
      await client.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key }));
    },
    uploads: async () => await keysOf(store.uploads('')),
    close: async () => {
      store.close();
      client.destroy();
      await cloud.close();
      await rm(directory, { recursive: true });
    },
  };
}

/** S3 in this process's memory: for tests of many requests whose errors and streams are not the point. */
export function startMemoryS3(): Loopback {
  const client = new MemoryS3(1000).client();
  const store = new Store(client, BUCKET);
  return {
    store,
    keys: async (prefix = '') => await keysOf(store.list(prefix)),
    beginUpload: async (Key) => {
      await client.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key }));
    },
    uploads: async () => await keysOf(store.uploads('')),
    close: async () => await Promise.resolve(store.close()),
  };
}

async function keysOf(listed: AsyncIterable<{ readonly key: string }>): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of listed) keys.push(key);
  return keys;
}

/** The store with some of its methods replaced. */
export function overriding(store: Store, methods: Partial<Store>): Store {
  return new Proxy(store, {
    get: (target, key) => {
      const method: unknown = Reflect.get(methods, key) ?? Reflect.get(target, key, target);
      return typeof method === 'function' ? method.bind(target) : method;
    },
  });
}

let wikis = 0;

/** A draft of two files, of a run that no other test has. */
export function newDraft(files = ['a.bz2', 'a.bz2.b']): PlanDraft {
  wikis += 1;
  const run: Run = { kind: 'articles', wiki: `wiki${wikis}`, date: '2026-10-01' };
  return {
    run,
    vouchedBy: 'dumpstatus',
    settings: {
      ...DEFAULT_SETTINGS,
      splitBytes: 30,
    },
    files: files.map((file) => ({ file, path: `x/${file}`, size: SIZE, checksum: null })),
  };
}

export function fileOf(plan: Plan, index: number): PlanFile {
  const file = plan.files[index];
  if (file === undefined) throw new RangeError(`the plan has no file ${index}`);
  return file;
}

/** One block of the file's only stream. */
function streamsOf(nextBlock: number): StreamChecksums {
  const end = nextBlock === 8 * SIZE ? { bit: nextBlock - 80, crc: 0 } : null;
  return { first: { blocks: 1, fold: 0, end }, last: null };
}

/** The results of the four splits of a file that joins; the last one owns nothing. */
export function resultsOf(plan: Plan, file: string): SplitResult[] {
  const head = { firstBlock: 32, bytes: 9, end: { block: 32, offset: 9 }, followedBy: 'page', hasRoot: true } as const;
  const bounds = [32, 240, 480, 8 * SIZE];
  return splitsOf(SIZE, plan.settings.splitBytes).map((split, index) => {
    const [block, next] = [bounds[index], bounds[index + 1]];
    const owns = block !== undefined && next !== undefined;
    return {
      planId: plan.planId,
      run: plan.run,
      file,
      split,
      object: { size: SIZE, sha256: SHA },
      rowsVersion: 1,
      firstBlock: owns ? block : null,
      nextBlock: owns ? next : null,
      rejectedCandidates: [],
      sequence: { streams: owns ? streamsOf(next) : null, pageOrder: null },
      firstPage: owns ? { block, offset: 9 } : null,
      nextPage: owns ? { block: next, offset: 9, is: index === 2 ? 'end-tag' : 'page' } : null,
      head: { ...head, dbname: null, encoding: 'utf-8' },
      counts: { ...emptyCounts(), pages: owns ? 1 : 0, rows: owns ? 2 : 0 },
      part: owns ? { key: partKey(plan.run, file, split, plan.planId, plan.settings), size: 1, sha256: SHA } : null,
      members: [],
      index: null,
      quarantine: null,
    };
  });
}

export const ATTEMPT: RawAttempt = {
  id: '00000000-0000-4000-8000-000000000000',
  etag: '"etag"',
  mirror: 'm',
  repair: null,
};

export function recordOf(plan: Plan, file: string, change: Partial<RawResult> = {}, attempt = ATTEMPT): RawRecord {
  const { planId, run, settings } = plan;
  const fixed = { planId, run, file, size: SIZE, sha256: SHA, upstreamChecksum: null, compressor: null };
  return sealRawRecord({ ...fixed, splitBytes: settings.splitBytes, ...change }, attempt);
}

export async function writeRecord(
  store: Store,
  plan: Plan,
  file: string,
  change: Partial<RawResult> = {},
): Promise<void> {
  await writeRawRecord(store, recordOf(plan, file, change));
}

/** `parts`: whether something is put under the keys of parts. */
export async function writeReceipts(
  store: Store,
  plan: Plan,
  results: readonly SplitResult[],
  { parts = true, repairs = [] }: { parts?: boolean; repairs?: readonly string[] } = {},
): Promise<void> {
  const at = new Date().toISOString();
  for (const result of results) {
    const run = { startedAt: at, finishedAt: at, seconds: Math.random(), host: 'h', receiveCount: 1 };
    const receipt = sealReceipt(result, run, repairs);
    await store.putJson(receiptKey(plan.run, plan.planId, result.file, result.split.index), receipt);
    if (parts && result.part !== null) await store.put(result.part.key, 'x');
  }
}

/** Everything that a file needs to be closed. */
export async function writeWhole(store: Store, plan: Plan, file: string): Promise<void> {
  await writeRecord(store, plan, file);
  await writeReceipts(store, plan, resultsOf(plan, file));
}
