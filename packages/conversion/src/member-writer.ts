import type { IndexedPage } from '@wikifleet/domain/page-index';
import type { Member } from '@wikifleet/domain/receipts';
import type { ChunkPage, RowChunk } from '@wikifleet/mediawiki/page-converter';
import type { MemberPool } from './member-pool.js';
import type { EncodedMember, PartFormat } from './part-format.js';

/** Where bytes go; they are taken when it resolves, and may change then. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<void>;
}

const SMALLEST = 64 * 1024;
const NOTHING = Buffer.allocUnsafeSlow(0);

/**
 * Writes rows as members, each readable by itself. The cut follows from the rows alone: a member is closed behind the
 * first row that brings it over the format's `memberBytes`, or to its `memberRows`. Members are encoded beside each other,
 * and written in order. Memory: the format's `parallel` members of `memberBytes` and a row each, and one that is being
 * gathered; it is used again, but for that of members with very long rows.
 */
export class MemberWriter {
  readonly #sink: ByteSink;
  readonly #format: PartFormat;
  readonly #pool: MemberPool;
  readonly #onMember: ((pages: readonly IndexedPage[]) => Promise<void>) | undefined;
  /** The member that is being gathered: its first bytes. */
  #buffer: Buffer<ArrayBuffer> = NOTHING;
  #bytes = 0;
  #rows = 0;
  #firstPageId = 0;
  #lastPageId = 0;
  /** Pages of the member that is being gathered; kept where somebody wants them. */
  #pages: IndexedPage[] = [];
  readonly #members: Member[] = [];
  /** Members that are being encoded, in order. */
  readonly #underWay: Promise<EncodedMember>[] = [];
  readonly #spare: Buffer<ArrayBuffer>[] = [];
  readonly #waiting: (Omit<Member, 'offset' | 'length'> & { readonly pages: readonly IndexedPage[] })[] = [];

  /** `onMember` gets the pages of each member, in order, before the member is written. */
  constructor(
    sink: ByteSink,
    format: PartFormat,
    pool: MemberPool,
    onMember?: (pages: readonly IndexedPage[]) => Promise<void>,
  ) {
    this.#sink = sink;
    this.#pool = pool;
    this.#onMember = onMember;
    this.#format = format;
  }

  /** Those that are written. */
  get members(): readonly Member[] {
    return this.#members;
  }

  /** Takes whole rows; their bytes may change afterwards. */
  async add(chunk: RowChunk): Promise<void> {
    let row = 0;
    let taken = 0;
    for (const page of chunk.pages) {
      for (let i = 0; i < page.rows; i += 1, row += 1) {
        if (this.#onMember !== undefined && (this.#rows === 0 || (i === 0 && !this.#endsWith(page))))
          this.#pages.push([page.id, page.title]);
        this.#firstPageId = this.#rows === 0 ? page.id : Math.min(this.#firstPageId, page.id);
        this.#lastPageId = this.#rows === 0 ? page.id : Math.max(this.#lastPageId, page.id);
        this.#rows += 1;
        const end = chunk.ends[row]!;
        const isFull = this.#bytes + end - taken > this.#format.memberBytes || this.#rows >= this.#format.memberRows;
        if (!isFull) continue;
        this.#take(chunk.bytes.subarray(taken, end));
        taken = end;
        await this.#close();
      }
    }
    this.#take(chunk.bytes.subarray(taken));
  }

  /** Whether the last row is the page's, too: its rows may come in several chunks. */
  #endsWith({ id, title }: ChunkPage): boolean {
    const last = this.#pages.at(-1);
    return last?.[0] === id && last[1] === title;
  }

  #take(bytes: Uint8Array): void {
    const end = this.#bytes + bytes.length;
    if (end > this.#buffer.length) this.#grow(end);
    this.#buffer.set(bytes, this.#bytes);
    this.#bytes = end;
  }

  #grow(needed: number): void {
    const spare = this.#buffer.length === 0 ? this.#spare.pop() : undefined;
    const larger =
      spare !== undefined && spare.length >= needed ? spare : Buffer.allocUnsafeSlow(this.#sizeFor(needed));
    this.#buffer.copy(larger, 0, 0, this.#bytes);
    this.#buffer = larger;
  }

  /** Doubles, so that a small part costs little, up to a member and some row; a longer row has what it needs. */
  #sizeFor(needed: number): number {
    return Math.max(needed, Math.min(this.#largest, Math.max(SMALLEST, 2 * needed)));
  }

  get #largest(): number {
    return Math.ceil(1.25 * this.#format.memberBytes);
  }

  async #close(): Promise<void> {
    if (this.#rows === 0) return;
    const encoded = this.#format.encode(this.#buffer.subarray(0, this.#bytes), this.#pool);
    // it is looked at when it is written
    encoded.catch(() => {});
    this.#underWay.push(encoded);
    const [rows, firstPageId, lastPageId, pages] = [this.#rows, this.#firstPageId, this.#lastPageId, this.#pages];
    this.#waiting.push({ rows, firstPageId, lastPageId, pages });
    this.#pages = [];
    this.#buffer = NOTHING;
    this.#bytes = 0;
    this.#rows = 0;
    while (this.#underWay.length >= this.#format.parallel(this.#pool)) await this.#write();
  }

  async #write(): Promise<void> {
    const next = this.#underWay.shift();
    const facts = this.#waiting.shift();
    if (next === undefined || facts === undefined) return;
    const encoded = await next;
    const { pages, ...member } = facts;
    await this.#onMember?.(pages);
    const { offset, length, bytes } = encoded.place();
    this.#members.push({ offset, length, ...member });
    for (const piece of bytes) await this.#sink.write(piece);
    if (encoded.memory.byteLength <= this.#largest) this.#spare.push(Buffer.from(encoded.memory));
  }

  /** Writes what has gathered as the last member; nothing where there is nothing. The part's end is its owner's. */
  async finish(): Promise<void> {
    await this.#close();
    while (this.#underWay.length > 0) await this.#write();
  }
}
