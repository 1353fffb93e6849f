import { KERNEL } from './kernel.generated.js';

/** What a step of the kernel says; the same list as in assembly/status.ts. */
export const STATUS = {
  done: 0,
  more: 1,
  truncated: 2,
  badMagic: 3,
  noAlphabet: 4,
  badTableCount: 5,
  noSelectors: 6,
  badSelector: 7,
  badLength: 8,
  badCode: 9,
  overflow: 10,
  noEnd: 11,
  badRun: 12,
} as const;

/** A variable of the kernel. */
interface Value {
  readonly value: number;
}

interface Exports {
  readonly inputAt: Value;
  readonly inputBytes: Value;
  readonly blockAt: Value;
  readonly outputAt: Value;
  readonly memoryBytes: Value;
  readonly position: Value;
  readonly crc: Value;
  readonly randomised: Value;
  readonly origin: Value;
  readonly received: Value;
  readonly selectorCount: Value;
  readonly length: Value;
  readonly size: Value;
  prepare(): void;
  setLimit(bits: number): void;
  readHeader(bit: number): number;
  readSymbols(capacity: number, whole: boolean): number;
  invert(length: number, origin: number): void;
  startRuns(): void;
  expandRuns(length: number): number;
  crc32(crc: number, length: number): number;
}

const PAGE_BYTES = 65_536;
const MAX_PAGES = 160;

/**
 * The input is copied in pieces of so many bytes, as a block's end is not known before it is decoded. The first has room for
 * any header that an encoder writes.
 */
const PIECE_BYTES = 32_768;

/** What a group of symbols may read past the end of the input, where there are zeros. */
const PADDING_BYTES = 160;

const NOTHING = new Uint8Array(0);

let compiled: WebAssembly.Module | null = null;

/**
 * The kernel (assembly/) and its memory, some 7 MB, of which nobody else sees an address. It works on one block, step by step; a step
 * that returns a status other than `done` is the last.
 */
export class BlockKernel {
  readonly #kernel: Exports;
  readonly #memory: Uint8Array;
  #window: Uint8Array = NOTHING;
  #copied = 0;

  constructor() {
    compiled ??= new WebAssembly.Module(Buffer.from(KERNEL, 'base64'));
    const memory = new WebAssembly.Memory({ initial: 1, maximum: MAX_PAGES });
    this.#kernel = new WebAssembly.Instance(compiled, { env: { memory } }).exports as Exports;
    memory.grow(Math.ceil(this.#kernel.memoryBytes.value / PAGE_BYTES) - 1);
    this.#memory = new Uint8Array(memory.buffer);
    this.#kernel.prepare();
  }

  /** In bits from the beginning of the window: where reading stopped. */
  get position(): number {
    return this.#kernel.position.value;
  }

  /** The CRC that the header states, unsigned. */
  get crc(): number {
    return this.#kernel.crc.value >>> 0;
  }

  get randomised(): boolean {
    return this.#kernel.randomised.value !== 0;
  }

  /** The block's own row among the sorted rotations, as the header states it. */
  get origin(): number {
    return this.#kernel.origin.value;
  }

  /** The number that the status is about: tables, or the length of a code. */
  get received(): number {
    return this.#kernel.received.value;
  }

  get selectorCount(): number {
    return this.#kernel.selectorCount.value;
  }

  /** Bytes of the block before its runs are expanded. */
  get length(): number {
    return this.#kernel.length.value;
  }

  /** Reads the header of the block whose magic is at bit `bit` (0 to 7) of `window`, which is kept until `close`. */
  readHeader(window: Uint8Array, bit: number): number {
    this.#window = window;
    this.#copied = 0;
    this.#copy(2 * PIECE_BYTES);
    const status = this.#kernel.readHeader(bit);
    if (status !== STATUS.truncated || this.#copied === window.length) return status;
    this.#copy(window.length);
    return this.#kernel.readHeader(bit);
  }

  /** Reads the symbols of a block that may have `capacity` bytes before its runs are expanded. */
  readSymbols(capacity: number): number {
    for (;;) {
      const status = this.#kernel.readSymbols(capacity, this.#copied === this.#window.length);
      if (status !== STATUS.more) return status;
      this.#copy(PIECE_BYTES);
    }
  }

  /** Lets go of the window. */
  close(): void {
    this.#window = NOTHING;
  }

  /** Undoes the Burrows-Wheeler transform; returns the block, for its randomisation to be taken off. */
  invert(): Uint8Array {
    const { blockAt } = this.#kernel;
    this.#kernel.invert(this.length, this.origin);
    return this.#memory.subarray(blockAt.value, blockAt.value + this.length);
  }

  /** Begins to expand the block's runs, be it again. */
  startRuns(): void {
    this.#kernel.startRuns();
  }

  /** Expands runs; `more` when there is no room for the rest, and `output` is to be used first. */
  expandRuns(): number {
    return this.#kernel.expandRuns(this.length);
  }

  /** The expanded bytes: a view, valid until the next step. */
  get output(): Uint8Array {
    const { outputAt, size } = this.#kernel;
    return this.#memory.subarray(outputAt.value, outputAt.value + size.value);
  }

  /** Carries the CRC over `output`. Begin with -1; the CRC that a block states is the complement of the last value. */
  crc32(crc: number): number {
    return this.#kernel.crc32(crc, this.#kernel.size.value);
  }

  /** Copies up to `count` more bytes of the window, and zeros after the last. */
  #copy(count: number): void {
    const { inputAt, inputBytes } = this.#kernel;
    const to = Math.min(this.#copied + count, this.#window.length);
    if (to > inputBytes.value)
      throw new RangeError(`a window of ${to} bytes, where there is room for ${inputBytes.value}`);
    this.#memory.set(this.#window.subarray(this.#copied, to), inputAt.value + this.#copied);
    if (to === this.#window.length) this.#memory.fill(0, inputAt.value + to, inputAt.value + to + PADDING_BYTES);
    this.#copied = to;
    this.#kernel.setLimit(to * 8);
  }
}
