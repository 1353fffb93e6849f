import type { SentError } from './sent-error.js';

/** Memory that goes with a request, comes back with its answer, and is used again. */
export interface BlockBuffers {
  readonly input: ArrayBuffer;
  /** A larger one comes back where a block needs it. */
  readonly output: ArrayBuffer;
}

/** What a thread is asked: the block at bit `bit` of the file. */
export interface BlockRequest {
  readonly buffers: BlockBuffers;
  /** Bytes in the input buffer: those of the file from byte `base` on. */
  readonly length: number;
  readonly base: number;
  readonly bit: number;
  readonly level: number;
}

/** Nearly all decoded blocks have less: 900,000 bytes, and what their runs are longer than four. */
export const USUAL_BYTES = 1024 * 1024;
/** A decoded block larger than this is not sent: who asked decodes it again, slice by slice. */
export const MAX_SENT_BYTES = 2 * 1024 * 1024;

/** What it answers; each request has one answer. */
export type BlockReply = { readonly buffers: BlockBuffers } & (
  | { readonly kind: 'block'; readonly endBit: number; readonly crc: number; readonly size: number }
  | { readonly kind: 'large'; readonly endBit: number; readonly crc: number }
  | { readonly kind: 'error'; readonly error: SentError }
);
