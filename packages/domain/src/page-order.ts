/**
 * The order of page ids in a dump. MediaWiki writes pages by ascending id, so a stream that is missing or there twice in
 * a file of many streams shows at most as ids that repeat or go back. That is no error, as old dumps may not ascend, but it is
 * always reported.
 *
 * Orders of successive ranges add up (`joinOrders` is associative), so the sum over a file is the same however it is cut.
 * A page whose id cannot be read is left out: it is in the quarantine.
 */
import { z } from 'zod';
import { continueFold } from './crc-fold.js';

const count = z.number().int().nonnegative();
const pageId = z.number().int();
/** As `positionSchema`: the bit position of a block in the raw object, and the byte offset in the decompressed block. */
const placeSchema = z.strictObject({ block: count, offset: count });
export type PagePlace = z.infer<typeof placeSchema>;

export const pageOrderSchema = z.strictObject({
  /** The first page, and where its `<page>` begins. */
  first: z.strictObject({ id: pageId, at: placeSchema }),
  /** The id of the last page. */
  last: pageId,
  /** The number of pages, and a fold of their ids in order (`foldIds`): equal lists of ids have equal folds. */
  pages: z.number().int().positive(),
  fold: z.number().int().min(0).max(0xffff_ffff),
  /** Pages whose id is not above that of the page before. */
  descents: count,
  /** The first of these, the id of the page before it, and where its `<page>` begins; null where there is none. */
  firstDescent: z.strictObject({ id: pageId, after: pageId, at: placeSchema }).nullable(),
});

/** The order of some successive pages; `Place` is how their places are given. */
export interface PageOrderOf<Place> {
  readonly first: { readonly id: number; readonly at: Place };
  readonly last: number;
  readonly pages: number;
  readonly fold: number;
  readonly descents: number;
  readonly firstDescent: { readonly id: number; readonly after: number; readonly at: Place } | null;
}

export type PageOrder = z.infer<typeof pageOrderSchema>;

/** The order of the pages of `before` and then `after`; null where there are no pages. */
export function joinOrders<Place>(
  before: PageOrderOf<Place> | null,
  after: PageOrderOf<Place> | null,
): PageOrderOf<Place> | null {
  if (before === null || after === null) return before ?? after;
  const { id, at } = after.first;
  const isDescent = id <= before.last;
  const between = isDescent ? { id, after: before.last, at } : null;
  return {
    first: before.first,
    last: after.last,
    pages: before.pages + after.pages,
    fold: continueFold(before.fold, after.pages, after.fold),
    descents: before.descents + (isDescent ? 1 : 0) + after.descents,
    firstDescent: before.firstDescent ?? between ?? after.firstDescent,
  };
}

/** What a manifest has of a file's order. */
export const descentsSchema = pageOrderSchema.pick({ descents: true, firstDescent: true });
export type Descents = z.infer<typeof descentsSchema>;

/** How often page ids do not ascend in a file, over the orders of its splits. */
export function descentsOf(orders: readonly (PageOrder | null)[]): Descents {
  let all: PageOrder | null = null;
  for (const order of orders) all = joinOrders(all, order);
  return { descents: all?.descents ?? 0, firstDescent: all?.firstDescent ?? null };
}

/** One sentence; null where all ids ascend. */
export function describeDescents({ descents, firstDescent }: Descents): string | null {
  if (firstDescent === null) return null;
  const { id, after, at } = firstDescent;
  const place = `block at bit ${at.block}, byte ${at.offset}`;
  const what = `page ids do not ascend at ${descents} ${descents === 1 ? 'place' : 'places'}`;
  return `${what}: first page ${id} after page ${after} (${place})`;
}

/** A fold of page ids with one more: as a bzip2 stream's CRC is a fold of its blocks', over hashes of the ids. */
export function foldIds(fold: number, id: number): number {
  // the finalizer of MurmurHash3 over both halves of the id
  let hash = (id % 2 ** 32) ^ Math.imul(Math.floor(id / 2 ** 32), 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return continueFold(fold, 1, hash ^ (hash >>> 16));
}

/** Watches the ids of pages that come in order. */
export class PageOrderKeeper {
  #first: { readonly id: number; readonly at: number } | null = null;
  #last = 0;
  #pages = 0;
  #fold = 0;
  #descents = 0;
  #firstDescent: { readonly id: number; readonly after: number; readonly at: number } | null = null;

  /** The next page; `at` is an offset in the decompressed bytes. */
  add(id: number, at: number): void {
    if (this.#first === null) this.#first = { id, at };
    else if (id <= this.#last) {
      this.#descents += 1;
      this.#firstDescent ??= { id, after: this.#last, at };
    }
    this.#last = id;
    this.#pages += 1;
    this.#fold = foldIds(this.#fold, id);
  }

  /** Null before any page. */
  get order(): PageOrderOf<number> | null {
    const first = this.#first;
    if (first === null) return null;
    const [last, pages, fold] = [this.#last, this.#pages, this.#fold];
    return { first, last, pages, fold, descents: this.#descents, firstDescent: this.#firstDescent };
  }
}
