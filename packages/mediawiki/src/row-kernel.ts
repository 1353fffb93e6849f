import type { RowEncoding } from '@wikifleet/domain/row-values';
import { KERNEL } from './kernel.generated.js';

interface KernelExports {
  readonly page: (length: number) => number;
  readonly revision: (length: number, pageBytes: number, holeAt: number, holeBytes: number) => number;
  readonly text: (length: number) => number;
  readonly pageValues: KernelExports['page'];
  readonly revisionValues: KernelExports['revision'];
  readonly textValue: KernelExports['text'];
  readonly INPUT: WebAssembly.Global;
  readonly INPUT_BYTES: WebAssembly.Global;
  readonly OUTPUT: WebAssembly.Global;
  readonly PAGE: WebAssembly.Global;
  readonly PAGE_BYTES: WebAssembly.Global;
  readonly RESULTS: WebAssembly.Global;
}

/** Where each result stands in the kernel's RESULTS. */
const FROM = 0;
const AT = 1;
const BYTES = 2;
/** A 64-bit float, in units of its size. */
const ID = 2;

/** Of a text that is too long for the kernel's memory, so much is worked through at a time. */
const SLICE_BYTES = 256 * 1024;
/** A reference the kernel takes is no longer than this, nor is a character. */
const LONGEST_REFERENCE = 12;
const TEXT_TAG = Buffer.from('<text');
const TEXT_END = Buffer.from('</text>');
const GREATER = 0x3e;
const AMPERSAND = 0x26;
const SEMICOLON = 0x3b;

export interface PageColumns {
  readonly id: number;
  readonly title: string;
  /** From `page_id` to before `user_id`; a view, good until the next call. */
  readonly columns: Buffer;
}

/** One for all: compiled by the first kernel of a thread. */
let compiled: WebAssembly.Module | null = null;

/**
 * The kernel in `assembly/` and its memory: 3.4 MB, never more, whatever comes. Each method answers null for what the
 * kernel does not know exactly.
 */
export class RowKernel {
  readonly #kernel: KernelExports;
  readonly #encoding: RowEncoding;
  readonly #readPage: KernelExports['page'];
  readonly #readRevision: KernelExports['revision'];
  readonly #readText: KernelExports['text'];
  readonly #memory: Buffer;
  readonly #results: Int32Array;
  readonly #ids: Float64Array;
  readonly #input: number;
  readonly #inputBytes: number;
  readonly #output: number;
  /** Whose beginning of a row PAGE holds. */
  #page: Buffer | null = null;

  /** `encoding`: of the rows. */
  constructor(encoding: RowEncoding) {
    compiled ??= new WebAssembly.Module(Buffer.from(KERNEL, 'base64'));
    const memory = new WebAssembly.Memory({ initial: 1 });
    const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
    const kernel = exports as KernelExports;
    this.#kernel = kernel;
    this.#encoding = encoding;
    const isJson = encoding === 'json';
    this.#readPage = isJson ? kernel.page : kernel.pageValues;
    this.#readRevision = isJson ? kernel.revision : kernel.revisionValues;
    this.#readText = isJson ? kernel.text : kernel.textValue;
    this.#memory = Buffer.from(memory.buffer);
    this.#results = new Int32Array(memory.buffer, this.#kernel.RESULTS.value, 3);
    this.#ids = new Float64Array(memory.buffer, this.#kernel.RESULTS.value, 3);
    this.#input = this.#kernel.INPUT.value;
    this.#inputBytes = this.#kernel.INPUT_BYTES.value;
    this.#output = this.#kernel.OUTPUT.value;
  }

  /** `bytes` is what follows `<page>`, to the first revision or the page's end. */
  page(bytes: Buffer): PageColumns | null {
    if (bytes.length > this.#inputBytes) return null;
    this.#memory.set(bytes, this.#input);
    const length = this.#readPage(bytes.length);
    if (length === 0) return null;
    const title = this.#output + this.#result(AT);
    const text = this.#memory.toString('utf8', title, title + this.#result(BYTES));
    const isEscaped = this.#encoding === 'json' && text.includes('\\');
    return {
      id: this.#ids[ID] ?? 0,
      title: isEscaped ? (JSON.parse(`"${text}"`) as string) : text,
      columns: this.#memory.subarray(this.#output, this.#output + length),
    };
  }

  /** Whether a revision is longer than the kernel's memory: its row is no view, but memory of its own. */
  isLarge(bytes: Buffer): boolean {
    return bytes.length > this.#inputBytes;
  }

  /** A row: a view, good until the next call, but for a large one. `pageStart` must not change. */
  revision(pageStart: Buffer, bytes: Buffer): Buffer | null {
    if (pageStart !== this.#page) {
      if (pageStart.length > this.#kernel.PAGE_BYTES.value) return null;
      this.#memory.set(pageStart, this.#kernel.PAGE.value);
      this.#page = pageStart;
    }
    if (this.isLarge(bytes)) return this.#largeRevision(pageStart, bytes);
    this.#memory.set(bytes, this.#input);
    return this.#row(this.#readRevision(bytes.length, pageStart.length, 0, 0));
  }

  /** The first text's body goes through the kernel in slices, twice: for its length, and into the row. */
  #largeRevision(pageStart: Buffer, bytes: Buffer): Buffer | null {
    const from = bytes.indexOf(GREATER, Math.max(0, bytes.indexOf(TEXT_TAG))) + 1;
    const to = bytes.indexOf(TEXT_END, from);
    const rest = from + bytes.length - to;
    if (to <= from || rest > this.#inputBytes) return null;
    let [length, size] = [0, 0];
    for (const slice of this.#slices(bytes, from, to)) {
      if (slice.length === 0) return null;
      length += slice.length;
      size += this.#result(BYTES);
    }
    this.#memory.set(bytes.subarray(0, from), this.#input);
    this.#memory.set(bytes.subarray(to), this.#input + from);
    const row = this.#row(this.#readRevision(rest, pageStart.length, from, size));
    if (row === null) return null;
    const at = this.#result(AT);
    const line = Buffer.allocUnsafeSlow(row.length + length);
    line.set(row.subarray(0, at));
    line.set(row.subarray(at), at + length);
    let end = at;
    for (const slice of this.#slices(bytes, from, to)) {
      line.set(slice, end);
      end += slice.length;
    }
    return line;
  }

  /** What becomes of each slice, as views that the next one changes; one that is refused is empty. */
  *#slices(bytes: Buffer, from: number, to: number): Generator<Buffer> {
    for (let begin = from; begin < to;) {
      const end = sliceEnd(bytes, begin, to);
      // With the two bytes before it, which may be the beginning of a `]]>`.
      this.#memory.set(bytes.subarray(begin - 2, end), this.#input - 2);
      const length = this.#readText(end - begin);
      yield this.#memory.subarray(this.#output, this.#output + length);
      begin = end;
    }
  }

  #row(length: number): Buffer | null {
    if (length === 0) return null;
    const from = this.#output + this.#result(FROM);
    return this.#memory.subarray(from, from + length);
  }

  #result(index: number): number {
    return this.#results[index] ?? 0;
  }
}

/** Not within a reference, nor within a character: where bytes are no UTF-8 the kernel refuses what it gets. */
function sliceEnd(bytes: Buffer, from: number, to: number): number {
  if (to - from <= SLICE_BYTES) return to;
  let end = from + SLICE_BYTES;
  for (let at = end - 1; at > end - LONGEST_REFERENCE && bytes[at] !== SEMICOLON; at -= 1) {
    if (bytes[at] === AMPERSAND) end = at;
  }
  for (let back = 0; back < 3 && ((bytes[end] ?? 0) & 0xc0) === 0x80; back += 1) end -= 1;
  return end;
}
