import { TEXT_COLUMNS } from '@wikifleet/domain/text-columns';
import type { TemplateCalls, TextColumn, TextExtra, TextRefusal } from '@wikifleet/domain/text-columns';
import { dictionaryOf } from './dictionary.js';
import type { WikiWords } from './dictionary.js';
import { KERNEL } from './kernel.generated.js';
import { VARIANT_LANGUAGES } from './namespaces.js';

interface KernelExports {
  define(domain: number, nameLength: number, valueLength: number): number;
  prepare(length: number): number;
  prepareString(length: number): number;
  parse(length: number, variants: boolean): number;
  parseString(length: number, variants: boolean): number;
  render(options: number): number;
  outputFrom(): number;
  outputTo(): number;
  startColumns(json: boolean): void;
  putKey(length: number): number;
  putColumn(which: number): number;
  columnsFrom(): number;
  columnsTo(): number;
  stepCount(): number;
  flattenedCount(): number;
  sumCounts(): void;
  totalsFrom(): number;
  totalsTo(): number;
  otherRendered(): number;
  otherDropped(): number;
  clearTotals(): void;
  readonly EXCHANGE: WebAssembly.Global;
  readonly INPUT: WebAssembly.Global;
}

/** What `parse` and `render` answer. */
const DONE = 0;
const TOO_LONG = 1;
const IS_REDIRECT = 3;

/** Bits of `assembly/options.ts`. */
const MARKDOWN = 1;
const EXTRA: Readonly<Record<TextExtra, number>> = { tables: 2, references: 4, targets: 8 };
const RECORDS = 16;
const COUNTED = 32;

/** What `putColumn` takes. */
const NULL_COLUMN = 0;
const COLUMN: Readonly<Record<TextColumn, number>> = {
  plain_text: 1,
  sections: 2,
  links: 3,
  categories: 4,
  templates: 5,
  markdown: 1,
};
/** Columns that a redirect has; its texts are null. */
const OF_REDIRECTS: readonly TextColumn[] = ['links', 'categories', 'templates'];
/** Bytes before the name in an entry of the table of template counts: see `assembly/counts.ts`. */
const COUNT_HEAD = 20;

/** One for all: compiled by the first kernel of a thread. */
let compiled: WebAssembly.Module | null = null;

/** How the columns of a row are written: as JSON, or as values without keys (`row-values.ts` in the package `domain`). */
export type ColumnEncoding = 'json' | 'values';

/** The columns of a row; as JSON from `,"name":` on. */
export interface RowColumns {
  /** A view, good until the next call. */
  readonly bytes: Buffer;
  /** Why all are null; null where they are not, or where there is no wikitext. */
  readonly refusal: TextRefusal | null;
}

/**
 * The kernel in `assembly/` and its memory, for the texts of one wiki. The memory holds 4.4 MB of tables and some 25 bytes for
 * each byte of the longest text so far, of which most texts touch a fifth; texts of more than 4 MiB are refused.
 */
export class WikitextKernel {
  readonly #kernel: KernelExports;
  readonly #memory: WebAssembly.Memory;
  readonly #exchange: number;
  readonly #input: number;
  readonly #hasVariants: boolean;
  readonly #options: number;
  #bytes: Buffer;
  #isRedirect = false;
  #flattened = 0;

  /** `keep`: what texts keep beside prose. */
  constructor(wiki: WikiWords, keep: readonly TextExtra[] = []) {
    compiled ??= new WebAssembly.Module(Buffer.from(KERNEL, 'base64'));
    this.#memory = new WebAssembly.Memory({ initial: 1 });
    const { exports } = new WebAssembly.Instance(compiled, { env: { memory: this.#memory } });
    this.#kernel = exports as KernelExports;
    this.#bytes = Buffer.from(this.#memory.buffer);
    this.#exchange = this.#kernel.EXCHANGE.value;
    this.#input = this.#kernel.INPUT.value;
    this.#hasVariants = VARIANT_LANGUAGES.split(' ').includes(wiki.language);
    this.#options = keep.reduce((bits, extra) => bits | EXTRA[extra], 0);
    for (const { domain, name, value } of dictionaryOf(wiki)) {
      const length = this.#bytes.write(name, this.#exchange, 'utf8');
      const at = this.#exchange + length;
      if (typeof value !== 'string') this.#bytes.set(value, at);
      const valueLength = typeof value === 'string' ? this.#bytes.write(value, at, 'utf8') : value.length;
      if (this.#kernel.define(domain, length, valueLength) === 0)
        throw new RangeError('the dictionary of the wikitext kernel is full');
    }
  }

  /** Parses a text in UTF-8. False where it is longer than the bound, or was given up. */
  parse(text: Uint8Array): boolean {
    return this.#read(text) === null;
  }

  get isRedirect(): boolean {
    return this.#isRedirect;
  }

  /** The plain text of what was parsed: a view, good until the next call; null for a redirect, and where it was given up. */
  plainText(): Buffer | null {
    return this.#isRedirect ? null : this.#text(0);
  }

  markdown(): Buffer | null {
    return this.#isRedirect ? null : this.#text(MARKDOWN);
  }

  /**
   * The columns of a row, in the order of `TEXT_COLUMNS`. `body` is the wikitext, in JSON the inside of a string; null where
   * there is no wikitext: then all are null.
   */
  columns(body: Uint8Array | null, columns: readonly TextColumn[], encoding: ColumnEncoding = 'json'): RowColumns {
    const isJson = encoding === 'json';
    const refusal = body === null ? null : isJson ? this.#readString(body) : this.#read(body);
    this.#kernel.startColumns(isJson);
    const isNull = body === null || refusal !== null || !this.#write(columns);
    if (isNull) {
      this.#kernel.startColumns(isJson);
      for (const name of ordered(columns)) this.#put(name, NULL_COLUMN);
    } else {
      this.#kernel.sumCounts();
      this.#flattened += this.#kernel.flattenedCount();
    }
    this.#refresh();
    const bytes = this.#bytes.subarray(this.#kernel.columnsFrom(), this.#kernel.columnsTo());
    return { bytes, refusal: body !== null && isNull ? (refusal ?? 'exhausted') : null };
  }

  /** Loops over bytes and nodes of the last text, in units of at most 64 bytes. */
  get steps(): number {
    return this.#kernel.stepCount();
  }

  /** Pieces of texts that were nested too deep and left out, since this was last asked. */
  takeFlattened(): number {
    const flattened = this.#flattened;
    this.#flattened = 0;
    return flattened;
  }

  /** Template calls of all texts since this was last asked: 10,000 names at most, and of others their sums under null. */
  takeTemplateCounts(): { names: [name: string, calls: TemplateCalls][]; other: TemplateCalls } {
    this.#refresh();
    const names: [string, TemplateCalls][] = [];
    const to = this.#kernel.totalsTo();
    for (let entry = this.#kernel.totalsFrom(); entry < to;) {
      const length = this.#bytes.readUInt32LE(entry + 12);
      const name = this.#bytes.toString('utf8', entry + COUNT_HEAD, entry + COUNT_HEAD + length);
      const [rendered, dropped] = [this.#bytes.readUInt32LE(entry + 4), this.#bytes.readUInt32LE(entry + 8)];
      names.push([name, { rendered, dropped }]);
      entry = (entry + COUNT_HEAD + length + 3) & ~3;
    }
    const other = { rendered: this.#kernel.otherRendered(), dropped: this.#kernel.otherDropped() };
    this.#kernel.clearTotals();
    return { names, other };
  }

  #read(body: Uint8Array): TextRefusal | null {
    if (this.#kernel.prepare(body.length) === 0) return 'too-long';
    this.#refresh();
    this.#bytes.set(body, this.#input);
    return this.#parsed(this.#kernel.parse(body.length, this.#hasVariants));
  }

  #readString(body: Uint8Array): TextRefusal | null {
    const at = this.#kernel.prepareString(body.length);
    if (at === 0) return 'too-long';
    this.#refresh();
    this.#bytes.set(body, at);
    return this.#parsed(this.#kernel.parseString(body.length, this.#hasVariants));
  }

  #parsed(result: number): TextRefusal | null {
    this.#refresh();
    this.#isRedirect = result === IS_REDIRECT;
    if (result === DONE || result === IS_REDIRECT) return null;
    return result === TOO_LONG ? 'too-long' : 'exhausted';
  }

  /** False where the text was given up. */
  #write(columns: readonly TextColumn[]): boolean {
    let rendered: number | null = null;
    for (const name of ordered(columns)) {
      const wanted = name === 'markdown' ? MARKDOWN : 0;
      if (wanted !== rendered) {
        const counted = rendered === null ? COUNTED : 0;
        if (this.#kernel.render(wanted | RECORDS | counted | this.#options) !== DONE) return false;
        rendered = wanted;
      }
      const isNull = this.#isRedirect && !OF_REDIRECTS.includes(name);
      if (!this.#put(name, isNull ? NULL_COLUMN : COLUMN[name])) return false;
    }
    return true;
  }

  #put(name: TextColumn, which: number): boolean {
    this.#refresh();
    const length = this.#bytes.write(`,"${name}":`, this.#exchange, 'latin1');
    return this.#kernel.putKey(length) !== 0 && this.#kernel.putColumn(which) !== 0;
  }

  #text(options: number): Buffer | null {
    const result = this.#kernel.render(options | this.#options);
    this.#refresh();
    if (result !== DONE) return null;
    return this.#bytes.subarray(this.#kernel.outputFrom(), this.#kernel.outputTo());
  }

  /** Memory that has grown has a new buffer. */
  #refresh(): void {
    if (this.#bytes.buffer !== this.#memory.buffer) this.#bytes = Buffer.from(this.#memory.buffer);
  }
}

function ordered(columns: readonly TextColumn[]): TextColumn[] {
  return TEXT_COLUMNS.filter((name) => columns.includes(name));
}
