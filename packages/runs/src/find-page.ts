import { memberDecoder } from '@wikifleet/conversion/output-formats';
import type { MemberDecoder } from '@wikifleet/conversion/output-formats';
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { FleetError, PermanentError, messageOf } from '@wikifleet/domain/errors';
import { fileManifestKey, indexKey, receiptKey } from '@wikifleet/domain/keys';
import type { FileManifestResult, ManifestPart } from '@wikifleet/domain/manifests';
import { titleHash } from '@wikifleet/domain/page-index';
import { receiptSchema } from '@wikifleet/domain/receipts';
import type { Member, PageIds, SplitResult } from '@wikifleet/domain/receipts';
import type { Store } from '@wikifleet/store/store';
import { readFileManifest } from './manifests.js';
import type { CompleteRun } from './complete-run.js';
import { mapParallel } from './map-parallel.js';
import { rowsOfPage } from './page-rows.js';
import type { PageRow, Sought } from './page-rows.js';
import { contradictionOf } from './receipt-problems.js';
import { indexError, searchIndex } from './search-index.js';

/** Requests under way at once. */
const PARALLEL = 32;

export interface FoundPage {
  /** Rows that were given. */
  readonly rows: number;
  /** Rows that stand in a file as they stand in an earlier one, and were given once. */
  readonly repeated: number;
  /** Of these rows, as they came. */
  readonly ids: readonly number[];
  readonly titles: readonly string[];
  /** Splits with rows of the page, in the order of the dump. */
  readonly places: readonly { readonly file: string; readonly split: number; readonly rows: number }[];
  /** Manifests that were read, by file. */
  readonly manifests: ReadonlyMap<string, FileManifestResult>;
}

interface Candidate {
  readonly file: string;
  readonly part: ManifestPart;
  /** By the index; null: by the ranges of ids. */
  readonly members: readonly number[] | null;
}

/**
 * Gives the rows of one page to `onRow`, in the order of the dump, each member's once all of it is checked. By id: a
 * manifest a file whose range has the id, a receipt a part, a range a member; one of each in every dump that is sorted.
 * By title: every file's manifest, one range of each index (two, where it is found with its underscores as spaces), and
 * then the same. Memory: the manifests, a member (256 MiB at most, a row group 128) and its rows (256 MiB), some 100 bytes a
 * row; of a row group its values too.
 * Throws `MEMBER_CONTRADICTS`, `RECEIPT_CONTRADICTS`, `OBJECT_MISSING` and the like where the run is not what its
 * manifest says.
 */
export async function findPage(
  store: Store,
  run: CompleteRun,
  sought: Sought,
  onRow: (row: PageRow) => Promise<void>,
  signal: AbortSignal,
): Promise<FoundPage> {
  return await new PageSearch(store, run, signal).find(sought, onRow);
}

class PageSearch {
  readonly #store: Store;
  readonly #run: CompleteRun;
  readonly #signal: AbortSignal;
  readonly #decoder: MemberDecoder;
  readonly #manifests = new Map<string, FileManifestResult>();

  constructor(store: Store, run: CompleteRun, signal: AbortSignal) {
    this.#store = store;
    this.#run = run;
    this.#signal = signal;
    this.#decoder = memberDecoder(run.plan.settings);
  }

  async find(sought: Sought, onRow: (row: PageRow) => Promise<void>): Promise<FoundPage> {
    if ('id' in sought) return await this.#read(sought, await this.#byId(sought.id), onRow);
    const found = await this.#read(sought, await this.#byTitle(sought.title), onRow);
    const spaced = sought.title.replaceAll('_', ' ');
    if (found.rows > 0 || spaced === sought.title) return found;
    return await this.#read({ title: spaced }, await this.#byTitle(spaced), onRow);
  }

  async #byId(id: number): Promise<Candidate[]> {
    const files = this.#run.manifest.files.filter(({ pageIds }) => holds(pageIds, id));
    const manifests = await this.#readManifests(files.map(({ file }) => file));
    return manifests.flatMap(({ file, parts }) =>
      parts.filter(({ pageIds }) => holds(pageIds, id)).map((part) => ({ file, part, members: null })),
    );
  }

  async #byTitle(title: string): Promise<Candidate[]> {
    const files = this.#run.manifest.files.filter(({ rows }) => rows > 0);
    const parts = (await this.#readManifests(files.map(({ file }) => file))).flatMap((manifest) =>
      manifest.parts.map((part) => ({ file: manifest.file, part })),
    );
    const wanted = titleHash(title);
    const found = await mapParallel(parts, PARALLEL, async ({ file, part }) => {
      return { file, part, members: await this.#searchIndex(file, part, wanted) };
    });
    return found.filter(({ members }) => members.length > 0);
  }

  async #searchIndex(file: string, { split, indexBytes: size }: ManifestPart, wanted: bigint): Promise<number[]> {
    const { run, planId } = this.#run.plan;
    const key = indexKey(run, planId, file, split.index);
    try {
      return await searchIndex(size, wanted, async (start, end) => {
        return await this.#store.getRange(key, { start, end, size }, this.#signal);
      });
    } catch (error) {
      this.#signal.throwIfAborted();
      throw indexError(key, error);
    }
  }

  /** In the order given. Each must be what the run's manifest says of it. */
  async #readManifests(files: readonly string[]): Promise<FileManifestResult[]> {
    const { plan, manifest: whole } = this.#run;
    const entries = new Map(whole.files.map((entry) => [entry.file, entry]));
    return await mapParallel(files, PARALLEL, async (file) => {
      const known = this.#manifests.get(file);
      if (known !== undefined) return known;
      const key = fileManifestKey(plan.run, plan.planId, file);
      const manifest = await readFileManifest(this.#store, plan, file, this.#signal);
      if (manifest === null) throw new FleetError('OBJECT_MISSING', `${key}: it is not there`, { place: key });
      const entry = entries.get(file);
      if (manifest.sha256 !== entry?.sha256 || manifest.counts.rows !== entry.rows || manifest.file !== file) {
        throw new PermanentError('MANIFEST_CONTRADICTS', `${key}: it is not the one of the run's manifest`);
      }
      this.#manifests.set(file, manifest);
      return manifest;
    });
  }

  async #read(
    sought: Sought,
    candidates: readonly Candidate[],
    onRow: (row: PageRow) => Promise<void>,
  ): Promise<FoundPage> {
    const places: { file: string; split: number; rows: number }[] = [];
    const [ids, titles] = [new Set<number>(), new Set<string>()];
    const before = new RowsBefore();
    for (const candidate of candidates) {
      const place = { file: candidate.file, split: candidate.part.split.index, rows: 0 };
      for await (const row of this.#rowsOf(candidate, sought)) {
        place.rows += 1;
        ids.add(row.id);
        titles.add(row.title);
        if (before.isNew(candidate.file, row.line)) await onRow(row);
      }
      if (place.rows > 0) places.push(place);
    }
    const rows = places.reduce((sum, place) => sum + place.rows, 0) - before.repeated;
    return { rows, repeated: before.repeated, ids: [...ids], titles: [...titles], places, manifests: this.#manifests };
  }

  async *#rowsOf({ file, part, members }: Candidate, sought: Sought): AsyncGenerator<PageRow> {
    const receipt = await this.#readReceipt(file, part);
    const chosen =
      members ??
      receipt.members.flatMap(({ firstPageId: first, lastPageId: last }, at) =>
        'id' in sought && holds({ first, last }, sought.id) ? [at] : [],
      );
    for (const at of chosen) {
      const member = receipt.members[at];
      const name = `${part.key}: member ${at}`;
      if (member === undefined) {
        throw new PermanentError(
          'INDEX_CONTRADICTS',
          `${name}, which its index names: it has ${receipt.members.length}`,
        );
      }
      yield* await this.#rowsIn(part, member, sought, `${name} at byte ${member.offset}`, members !== null);
    }
  }

  async #rowsIn(
    { key, size }: ManifestPart,
    member: Member,
    sought: Sought,
    name: string,
    indexed: boolean,
  ): Promise<PageRow[]> {
    const { maxBytes } = this.#decoder;
    if (member.length > maxBytes) {
      const message = `${name}: expected at most ${maxBytes} bytes, received ${member.length}`;
      throw new PermanentError('MEMBER_TOO_LARGE', message);
    }
    const range = { start: member.offset, end: member.offset + member.length, size };
    const bytes = await this.#store.getRange(key, range, this.#signal);
    try {
      return rowsOfPage(await this.#decoder.lines(bytes, member.rows), member, sought, name, indexed);
    } catch (error) {
      if (error instanceof FleetError) throw error;
      const { format, compression } = this.#run.plan.settings;
      const message = `${name}: expected a whole ${compression} member of ${format}: ${messageOf(error)}`;
      throw new PermanentError('MEMBER_UNREADABLE', message, { cause: error, place: name });
    }
  }

  async #readReceipt(file: string, part: ManifestPart): Promise<SplitResult> {
    const { plan } = this.#run;
    const key = receiptKey(plan.run, plan.planId, file, part.split.index);
    const result = (await this.#store.getJson(key, receiptSchema, this.#signal))?.value.result;
    if (result === undefined) throw new FleetError('OBJECT_MISSING', `${key}: it is not there`, { place: key });
    const { key: partKey, size, sha256 } = part;
    const isOfPart =
      result.planId === plan.planId && result.file === file && isDeepStrictEqual(result.split, part.split);
    const contradiction = contradictionOf(plan, result);
    if (!isOfPart || contradiction !== null || !isDeepStrictEqual(result.part, { key: partKey, size, sha256 })) {
      const why = contradiction ?? 'it is not the one of the part in the manifest';
      throw new PermanentError('RECEIPT_CONTRADICTS', `${key}: ${why}`, { place: key });
    }
    return result;
  }
}

function holds(ids: PageIds, id: number): boolean {
  return ids !== null && ids.first <= id && id <= ids.last;
}

/** Two neighbouring files may both have a page: a row that an earlier file had is not given again. */
class RowsBefore {
  repeated = 0;
  #file = '';
  /** Digests of this file's rows, and of earlier files'. */
  #here: string[] = [];
  readonly #earlier = new Set<string>();

  isNew(file: string, line: Buffer): boolean {
    if (file !== this.#file) {
      for (const digest of this.#here) this.#earlier.add(digest);
      this.#file = file;
      this.#here = [];
    }
    const digest = createHash('sha256').update(line).digest('base64');
    this.#here.push(digest);
    if (!this.#earlier.has(digest)) return true;
    this.repeated += 1;
    return false;
  }
}
