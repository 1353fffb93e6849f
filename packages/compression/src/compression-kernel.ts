import type { GrowingBytes } from './growing-bytes.js';
import { KERNEL } from './kernel.generated.js';

interface KernelExports {
  snappy(length: number): number;
  readonly INPUT: WebAssembly.Global;
  readonly INPUT_BYTES: WebAssembly.Global;
  readonly OUTPUT: WebAssembly.Global;
}

/** The kernel in `assembly/` and its memory, which does not grow. */
class CompressionKernel {
  readonly #kernel: KernelExports;
  readonly #memory: Buffer;
  readonly #input: number;
  readonly #fragmentBytes: number;
  readonly #output: number;

  constructor() {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(KERNEL, 'base64')), {
      env: { memory },
    });
    this.#kernel = exports as KernelExports;
    this.#memory = Buffer.from(memory.buffer);
    this.#input = this.#kernel.INPUT.value;
    this.#fragmentBytes = this.#kernel.INPUT_BYTES.value;
    this.#output = this.#kernel.OUTPUT.value;
  }

  /** Appends the bytes as a snappy block: their length, and their fragments, each compressed by itself. */
  snappy(bytes: Uint8Array, to: GrowingBytes): void {
    to.varint(bytes.length);
    for (let at = 0; at < bytes.length; at += this.#fragmentBytes) {
      const fragment = bytes.subarray(at, at + this.#fragmentBytes);
      this.#memory.set(fragment, this.#input);
      const length = this.#kernel.snappy(fragment.length);
      to.append(this.#memory.subarray(this.#output, this.#output + length));
    }
  }
}

/** One for a thread, made when it is first needed. */
let kernel: CompressionKernel | null = null;

export function compressionKernel(): CompressionKernel {
  return (kernel ??= new CompressionKernel());
}
