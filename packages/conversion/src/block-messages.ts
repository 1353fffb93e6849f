import type { SentError } from './sent-error.js';

/** What a thread is asked: the block at bit `bit` of the file, held by `input` from byte `base` of the file on. */
export interface BlockRequest {
  readonly input: Uint8Array<ArrayBuffer>;
  readonly base: number;
  readonly bit: number;
  readonly level: number;
  /** A buffer that came back, to be used again. */
  readonly output: ArrayBuffer | undefined;
}

/** A decoded block larger than this is not sent: who asked decodes it again, slice by slice. Real blocks have 1 MB. */
export const MAX_SENT_BYTES = 2 * 1024 * 1024;

/** What it answers; each request has one answer. A buffer that was not needed comes back. */
export type BlockReply =
  | {
      readonly kind: 'block';
      readonly endBit: number;
      readonly crc: number;
      readonly size: number;
      readonly output: ArrayBuffer;
    }
  | {
      readonly kind: 'large';
      readonly endBit: number;
      readonly crc: number;
      readonly request: Omit<BlockRequest, 'output'>;
      readonly output: ArrayBuffer | undefined;
    }
  | {
      readonly kind: 'error';
      readonly error: SentError;
      readonly output: ArrayBuffer | undefined;
    };
