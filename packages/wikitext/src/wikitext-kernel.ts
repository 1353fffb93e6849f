import { dictionaryOf, type WikiWords } from './dictionary.js';
import { KERNEL } from './kernel.generated.js';
import { VARIANT_LANGUAGES } from './namespaces.js';

interface KernelExports {
  define(domain: number, nameLength: number, valueLength: number): number;
  reset(): void;
  prepare(length: number): number;
  parse(length: number, variants: boolean): number;
  render(options: number): number;
  outputFrom(): number;
  outputTo(): number;
  recordsFrom(): number;
  recordsTo(): number;
  stepCount(): number;
  flattenedCount(): number;
  countsTo(): number;
  otherRendered(): number;
  otherDropped(): number;
  clearCounts(): void;
  readonly EXCHANGE: WebAssembly.Global;
  readonly INPUT: WebAssembly.Global;
}

const DONE = 0;
const IS_REDIRECT = 3;

/** One for all: compiled by the first kernel of a thread. */
let compiled: WebAssembly.Module | null = null;

export interface TextOptions {
  /** Cells of tables are kept: in plain text a row a line, its cells separated by tabs; in Markdown as tables. */
  readonly keepTables?: boolean;
  /** Sections that hold references are kept: References, External links and their like. */
  readonly keepReferenceSections?: boolean;
  /** Of Markdown: links keep their targets. */
  readonly keepTargets?: boolean;
}

/** Bits of `assembly/options.ts`. */
const MARKDOWN = 1;
const TABLES = 2;
const REFERENCE_SECTIONS = 4;
const TARGETS = 8;

function bitsOf(options: TextOptions): number {
  return (
    (options.keepTables === true ? TABLES : 0) |
    (options.keepReferenceSections === true ? REFERENCE_SECTIONS : 0) |
    (options.keepTargets === true ? TARGETS : 0)
  );
}

/** The kernel in `assembly/` and its memory, for the texts of one wiki. */
export class WikitextKernel {
  readonly #kernel: KernelExports;
  readonly #memory: WebAssembly.Memory;
  readonly #input: number;
  readonly #hasVariants: boolean;
  #bytes: Buffer;
  #isRedirect = false;

  constructor(wiki: WikiWords) {
    compiled ??= new WebAssembly.Module(Buffer.from(KERNEL, 'base64'));
    this.#memory = new WebAssembly.Memory({ initial: 1 });
    const { exports } = new WebAssembly.Instance(compiled, { env: { memory: this.#memory } });
    this.#kernel = exports as KernelExports;
    this.#bytes = Buffer.from(this.#memory.buffer);
    this.#input = this.#kernel.INPUT.value;
    this.#hasVariants = VARIANT_LANGUAGES.split(' ').includes(wiki.language);
    const exchange = this.#kernel.EXCHANGE.value;
    for (const { domain, name, value } of dictionaryOf(wiki)) {
      this.#bytes.set(name, exchange);
      this.#bytes.set(value, exchange + name.length);
      if (this.#kernel.define(domain, name.length, value.length) === 0) throw new Error('the dictionary of the wikitext kernel is full');
    }
  }

  /** Parses a text. False where it is longer than the bound, or was given up. */
  parse(text: Uint8Array): boolean {
    if (this.#kernel.prepare(text.length) === 0) return false;
    this.#refresh();
    this.#bytes.set(text, this.#input);
    const result = this.#kernel.parse(text.length, this.#hasVariants);
    this.#refresh();
    this.#isRedirect = result === IS_REDIRECT;
    return result === DONE || result === IS_REDIRECT;
  }

  get isRedirect(): boolean {
    return this.#isRedirect;
  }

  /** The plain text of what was parsed: a view, good until the next call; null for a redirect, and where it was given up. */
  plainText(options: TextOptions = {}): Buffer | null {
    return this.#render(bitsOf(options));
  }

  markdown(options: TextOptions = {}): Buffer | null {
    return this.#render(MARKDOWN | bitsOf(options));
  }

  get steps(): number {
    return this.#kernel.stepCount();
  }

  #render(options: number): Buffer | null {
    if (this.#isRedirect) return null;
    const result = this.#kernel.render(options);
    this.#refresh();
    if (result !== DONE) return null;
    return this.#bytes.subarray(this.#kernel.outputFrom(), this.#kernel.outputTo());
  }

  /** Memory that has grown has a new buffer. */
  #refresh(): void {
    if (this.#bytes.buffer !== this.#memory.buffer) this.#bytes = Buffer.from(this.#memory.buffer);
  }
}
