import { createHash } from 'node:crypto';
import { openBlockPool } from '@wikifleet/conversion/block-pool';
import { openPartFormat } from '@wikifleet/conversion/output-formats';
import { parseDownloadJob, splitsOf } from '@wikifleet/domain/jobs';
import type { DownloadJob, Split } from '@wikifleet/domain/jobs';
import { indexKey, partKey, quarantineKey, rawKey, rawRecordKey, receiptKey, splitKeys } from '@wikifleet/domain/keys';
import type { Plan, RowsFormat } from '@wikifleet/domain/plan';
import { NO_OPTIONAL_COLUMNS, rowColumns } from '@wikifleet/domain/row-columns';
import type { ColumnChoice } from '@wikifleet/domain/row-columns';
import { encodeValues } from '@wikifleet/domain/row-values';
import type { RowEncoding, Values } from '@wikifleet/domain/row-values';
import { rawRecordSchema, receiptSchema } from '@wikifleet/domain/receipts';
import type { Member, SplitResult, StoredObject } from '@wikifleet/domain/receipts';
import type { Store } from '@wikifleet/store/store';
import { close } from '../closing.js';
import { pendingRepairs, revokeManifests, storedFileManifest } from '../manifests.js';
import { headOfRawObject, rawKeyOf, writeRawRecord } from '../raw-records.js';
import { readStored } from '../read-stored.js';
import { ATTEMPT, SIZE, recordOf, resultsOf, writeReceipts } from './runs-harness.js';
const { signal } = new AbortController();

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The bytes of a dump file, by its name; they begin as bzip2 does. */
function rawBytes(file: string): Buffer {
  return Buffer.concat([Buffer.from('BZh9'), Buffer.alloc(SIZE - 4, file)]);
}

/** A row as JSON, with its newline. */
export function rowLine(pageId: number, revisionId: number, text = 'x'.repeat(100)): Buffer {
  const slot = { content_body: text, content_format: null, content_model: null };
  const row = {
    wiki_id: 'aawiki',
    page_id: pageId,
    page_namespace_id: null,
    page_title: `Page ${pageId}`,
    page_redirect_target: null,
    user_id: null,
    user_text: null,
    user_is_visible: false,
    revision_id: revisionId,
    revision_parent_id: null,
    revision_dt: '2026-01-01T00:00:00Z',
    revision_is_minor_edit: false,
    revision_comment: null,
    revision_comment_is_visible: false,
    revision_sha1: null,
    revision_size: null,
    revision_content_slots: { main: { ...slot, content_sha1: null, content_size: null, origin_rev_id: null } },
    revision_content_is_visible: true,
  };
  return Buffer.from(`${JSON.stringify(row)}\n`);
}

/** JSON lines in an encoding, in memory of their own. */
function encodedRows(
  lines: readonly Buffer[],
  encoding: RowEncoding,
  choice: Parameters<typeof rowColumns>[0],
): Buffer<ArrayBuffer> {
  const columns = rowColumns(choice);
  const rows =
    encoding === 'json' ? lines : lines.map((line) => encodeValues(columns, JSON.parse(line.toString()) as Values));
  const bytes = Buffer.allocUnsafeSlow(rows.reduce((sum, { length }) => sum + length, 0));
  bytes.set(Buffer.concat(rows));
  return bytes;
}

/** Rows as a part, a list of lines a member. */
export async function packRows(
  rows: RowsFormat & Partial<ColumnChoice>,
  lists: readonly (readonly Buffer[])[],
): Promise<{ bytes: Buffer; members: Member[] }> {
  const settings = { ...NO_OPTIONAL_COLUMNS, ...rows };
  const format = openPartFormat(settings);
  const pool = openBlockPool(1);
  const members: Member[] = [];
  const pieces: Uint8Array[] = [];
  for (const [pageId, lines] of lists.entries()) {
    const { offset, length, bytes } = (
      await format.encode(encodedRows(lines, format.encoding, settings), pool)
    ).place();
    members.push({ offset, length, rows: lines.length, firstPageId: pageId, lastPageId: pageId });
    pieces.push(...bytes);
  }
  return { bytes: Buffer.concat([...pieces, format.end()]), members };
}

/** What a split of a file becomes: two members of one row each, an index, and for split 1 a quarantined revision. */
async function writeSplit(store: Store, plan: Plan, file: string, split: Split): Promise<SplitResult> {
  const put = async (key: string, bytes: Buffer): Promise<StoredObject> => {
    await store.put(key, bytes);
    return { key, size: bytes.length, sha256: sha256(bytes) };
  };
  const result = resultsOf(plan, file)[split.index]!;
  const object = { size: SIZE, sha256: sha256(rawBytes(file)) };
  if (result.part === null) return { ...result, object };
  const { bytes, members } = await packRows(plan.settings, [[rowLine(split.index, 0)], [rowLine(split.index, 1)]]);
  const part = await put(partKey(plan.run, file, split, plan.planId, plan.settings), bytes);
  const index = await put(indexKey(plan.run, plan.planId, file, split.index), Buffer.from('{"members":[]}\n'));
  if (split.index !== 1) return { ...result, object, members, part, index };
  const quarantine = await put(quarantineKey(plan.run, file, split, plan.planId), Buffer.from('{"reason":"x"}\n'));
  return { ...result, object, members, part, index, quarantine, counts: { ...result.counts, quarantined: 1 } };
}

/** What a downloader does with a job: object and record; those that are there and fit are used. */
async function writeRaw(store: Store, plan: Plan, file: string, repair: string | null = null): Promise<void> {
  const key = rawRecordKey(plan.run, plan.planId, file);
  const there = await readStored(store, key, rawRecordSchema);
  const known = there.state === 'valid' ? there.value : null;
  const isUsable = known !== null && (repair === null || known.attempt.repair === repair);
  if (isUsable && (await headOfRawObject(store, known)) !== null) return;
  const id = repair === null ? ATTEMPT.id : `${repair}-0000`;
  const raw = rawKey(plan.run, plan.planId, file, id);
  await store.put(raw, rawBytes(file));
  const etag = (await store.head(raw))?.etag ?? '';
  const record = recordOf(plan, file, { sha256: sha256(rawBytes(file)) }, { ...ATTEMPT, id, etag, repair });
  await writeRawRecord(store, record);
  if (known !== null && rawKeyOf(known) !== raw) await store.delete([rawKeyOf(known)]);
}

/** Downloads, converts and closes every file of a plan, as workers do that are asked nothing twice. */
export async function writeRun(store: Store, plan: Plan): Promise<void> {
  for (const file of plan.files) {
    await writeRaw(store, plan, file.file);
    for (const split of splitsOf(SIZE, plan.settings.splitBytes)) {
      await writeReceipts(store, plan, [await writeSplit(store, plan, file.file, split)], { parts: false });
    }
    await close(store, plan, file);
  }
}

/** A download queue that remembers, and workers that empty it as the programs do. */
export class Workers {
  /** In the order in which they were enqueued. */
  readonly downloads: DownloadJob[] = [];
  readonly #store: Store;
  readonly #plan: Plan;

  constructor(store: Store, plan: Plan) {
    this.#store = store;
    this.#plan = plan;
  }

  async sendAll(bodies: readonly string[]): Promise<void> {
    await Promise.resolve(void this.downloads.push(...bodies.map(parseDownloadJob)));
  }

  async work(): Promise<void> {
    for (const job of this.downloads.splice(0)) await this.#download(job);
  }

  async #download({ file, repair }: DownloadJob): Promise<void> {
    const [store, plan] = [this.#store, this.#plan];
    await writeRaw(store, plan, file, repair?.refetch === true ? repair.id : null);
    const splits = splitsOf(SIZE, plan.settings.splitBytes);
    if (repair !== null) {
      const named = repair.splits === 'all' ? splits.map(({ index }) => index) : repair.splits;
      await revokeManifests(store, plan, file, { id: repair.id, splits: named });
    }
    const pending = pendingRepairs(await storedFileManifest(store, plan, file));
    for (const split of splits) {
      const id = pending.find((one) => one.splits.includes(split.index))?.id ?? null;
      await this.#convert(file, split, id);
    }
    const planned = plan.files.find((candidate) => candidate.file === file);
    if (planned !== undefined) await close(store, plan, planned);
  }

  /** Like a converter, it looks at no part whose receipt is there, but for a repair. */
  async #convert(file: string, split: Split, repair: string | null): Promise<void> {
    const [store, plan] = [this.#store, this.#plan];
    const key = receiptKey(plan.run, plan.planId, file, split.index);
    const there = await readStored(store, key, receiptSchema);
    if (there.state === 'valid' && (repair === null || there.value.repairs.includes(repair))) return;
    const result = await writeSplit(store, plan, file, split);
    const written = [result.part, result.index, result.quarantine].map((object) => object?.key);
    if (repair !== null)
      await store.delete(splitKeys(plan.run, file, split, plan.planId).filter((k) => !written.includes(k)));
    await writeReceipts(store, plan, [result], { parts: false, repairs: repair === null ? [] : [repair] });
  }
}

export async function keysOf(store: Store, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}

export async function bytesOf(store: Store, key: string): Promise<Buffer> {
  const head = await store.head(key);
  if (head === null) throw new RangeError(`${key} is not there`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.read(key, { start: 0, end: head.size, etag: head.etag }, signal)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
