import { createHash } from 'node:crypto';
import { openPartFormat } from '@wikifleet/conversion/open-part-format';
import { parseConvertJob, parseDownloadJob, splitsOf } from '@wikifleet/domain/jobs';
import type { Split } from '@wikifleet/domain/jobs';
import { indexKey, partKey, quarantineKey, rawKey } from '@wikifleet/domain/keys';
import type { Plan, RowsFormat } from '@wikifleet/domain/plan';
import type { Member, SplitResult, StoredObject } from '@wikifleet/domain/receipts';
import type { Store } from '@wikifleet/store/store';
import { close } from './closing.js';
import { ATTEMPT_ID, headOfRawObject, readRawNote } from './raw-notes.js';
import { SIZE, resultsOf, writeNote, writeReceipts } from './runs-harness.test.js';

const ATTEMPT = '00000000-0000-4000-8000-000000000000';
const { signal } = new AbortController();

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The bytes of a dump file, by its name. */
function rawBytes(file: string): Buffer {
  return Buffer.alloc(SIZE, file);
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

/** Rows as a part, a list of lines a member. */
export async function packRows(
  rows: RowsFormat & { readonly plainText?: boolean },
  lists: readonly (readonly Buffer[])[],
): Promise<{ bytes: Buffer; members: Member[] }> {
  const format = await openPartFormat({ plainText: false, ...rows });
  const members: Member[] = [];
  const pieces: Uint8Array[] = [];
  for (const [pageId, lines] of lists.entries()) {
    const { offset, length, bytes } = (await format.encode(Buffer.concat(lines))).place();
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

/** What a downloader does with a job: object and note; an attempt that is there and fits serves. */
async function writeRaw(store: Store, plan: Plan, file: string): Promise<void> {
  const note = await readRawNote(store, plan, file);
  if (note !== null && (await headOfRawObject(store, plan.run, file, note)) !== null) return;
  const writer = store.createWriter(rawKey(plan.run, file), {
    partBytes: 5 * 1024 * 1024,
    metadata: { [ATTEMPT_ID]: ATTEMPT },
    signal,
  });
  await writer.write(rawBytes(file));
  await writer.finish();
  await writeNote(store, plan, file, { sha256: sha256(rawBytes(file)) });
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

/** Queues that remember, and workers that empty them. */
export class Workers {
  /** Files, and files with their splits, in the order in which they were enqueued. */
  readonly downloads: string[] = [];
  readonly converts: string[] = [];
  readonly #store: Store;
  readonly #plan: Plan;
  readonly #splits: { readonly file: string; readonly split: Split }[] = [];

  constructor(store: Store, plan: Plan) {
    this.#store = store;
    this.#plan = plan;
  }

  get queues(): Record<'downloads' | 'converts', { sendAll: (bodies: readonly string[]) => Promise<void> }> {
    return {
      downloads: {
        sendAll: async (bodies) => await Promise.resolve(void this.downloads.push(...bodies.map(parseFile))),
      },
      converts: {
        sendAll: async (bodies) => {
          for (const { file, split } of bodies.map(parseConvertJob)) {
            this.converts.push(`${file} ${split.index}`);
            this.#splits.push({ file, split });
          }
          await Promise.resolve();
        },
      },
    };
  }

  /** Does what was enqueued. Like a converter, it looks at no part whose receipt is there. */
  async work(): Promise<void> {
    const [store, plan] = [this.#store, this.#plan];
    for (const file of this.downloads) {
      await writeRaw(store, plan, file);
      for (const split of splitsOf(SIZE, plan.settings.splitBytes)) this.#splits.push({ file, split });
    }
    for (const { file, split } of this.#splits) {
      const [key] = await keysOf(
        store,
        `runs/${plan.run.kind}/${plan.run.wiki}/${plan.run.date}/${plan.planId}/receipts/${file}/0000${split.index}`,
      );
      if (key === undefined)
        await writeReceipts(store, plan, [await writeSplit(store, plan, file, split)], { parts: false });
      const planned = plan.files.find((candidate) => candidate.file === file);
      if (planned !== undefined) await close(store, plan, planned);
    }
  }
}

function parseFile(body: string): string {
  return parseDownloadJob(body).file;
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
