import type { GrowingBytes } from './growing-bytes.js';
import { KERNEL } from './kernel.generated.js';

interface KernelExports {
  snappy(from: number, length: number, position: number): number;
  deflateBegin(): void;
  deflate(length: number, isLast: number): number;
  readonly INPUT: WebAssembly.Global;
  readonly INPUT_BYTES: WebAssembly.Global;
  readonly OUTPUT: WebAssembly.Global;
}

/** What stands before a piece of a snappy block, for matches: their offsets have 16 bits. */
const SNAPPY_WINDOW_BYTES = 64 * 1024;

/** The kernel in `assembly/` and its memory, which does not grow. */
class CompressionKernel {
  readonly #kernel: KernelExports;
  readonly #memory: Buffer;
  readonly #input: number;
  readonly #inputBytes: number;
  readonly #output: number;

  constructor() {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(KERNEL, 'base64')), {
      env: { memory },
    });
    this.#kernel = exports as KernelExports;
    this.#memory = Buffer.from(memory.buffer);
    this.#input = this.#kernel.INPUT.value;
    this.#inputBytes = this.#kernel.INPUT_BYTES.value;
    this.#output = this.#kernel.OUTPUT.value;
  }

  /** Appends the bytes as a snappy block: their length, and their elements. */
  snappy(bytes: Uint8Array, to: GrowingBytes): void {
    to.varint(bytes.length);
    for (let at = 0; at < bytes.length;) {
      const position = Math.max(0, at - SNAPPY_WINDOW_BYTES);
      const piece = bytes.subarray(position, position + this.#inputBytes);
      this.#memory.set(piece, this.#input);
      this.#take(this.#kernel.snappy(at - position, piece.length, position), to);
      at = position + piece.length;
    }
  }

  /** Appends the bytes as a stream of DEFLATE. */
  deflate(bytes: Uint8Array, to: GrowingBytes): void {
    this.#kernel.deflateBegin();
    let at = 0;
    do {
      const piece = bytes.subarray(at, at + this.#inputBytes);
      at += piece.length;
      this.#memory.set(piece, this.#input);
      this.#take(this.#kernel.deflate(piece.length, Number(at === bytes.length)), to);
    } while (at < bytes.length);
  }

  #take(length: number, to: GrowingBytes): void {
    to.append(this.#memory.subarray(this.#output, this.#output + length));
  }
}

/** One for a thread, made when it is first needed. */
let kernel: CompressionKernel | null = null;

export function compressionKernel(): CompressionKernel {
  return (kernel ??= new CompressionKernel());
}
