import { TextDecoder } from 'node:util';
import { PermanentError } from '@wikifleet/domain/errors';

export type DumpEncoding = 'utf-8' | 'utf-16le' | 'utf-16be';

const NONE = new Uint8Array(0);

/**
 * Any dump's bytes as UTF-8. UTF-8 (with a byte-order mark or without) passes through untouched and unchecked; UTF-16
 * is known by its byte-order mark alone and transcoded, without the mark. Throws `ENCODING_REFUSED`.
 */
export class Utf8Input {
  #encoding: DumpEncoding | null = null;
  #decoder: TextDecoder | null = null;
  /** The first bytes, while they are too few to tell. */
  #held = NONE;

  /** `utf-8` until the first four bytes are known. */
  get encoding(): DumpEncoding {
    return this.#encoding ?? 'utf-8';
  }

  push(bytes: Uint8Array): Uint8Array {
    if (this.#encoding !== null) return this.#convert(bytes);
    const all = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    if (all.length < 4) {
      this.#held = Uint8Array.from(all);
      return NONE;
    }
    return this.#begin(all);
  }

  /** What was held back. */
  end(): Uint8Array {
    const rest = this.#encoding === null ? this.#begin(this.#held) : NONE;
    return this.#decoder === null ? rest : Buffer.concat([rest, this.#decode(this.#decoder, NONE, true)]);
  }

  #begin(bytes: Uint8Array): Uint8Array {
    this.#held = NONE;
    this.#encoding = encodingOf(bytes);
    if (this.#encoding !== 'utf-8') this.#decoder = new TextDecoder(this.#encoding, { fatal: true });
    return this.#convert(bytes);
  }

  #convert(bytes: Uint8Array): Uint8Array {
    return this.#decoder === null ? bytes : this.#decode(this.#decoder, bytes, false);
  }

  #decode(decoder: TextDecoder, bytes: Uint8Array, last: boolean): Uint8Array {
    try {
      return Buffer.from(decoder.decode(bytes, { stream: !last }), 'utf8');
    } catch (cause) {
      const expected = `well-formed ${this.encoding}`;
      const message = `the dump is refused: expected ${expected}; received a lone surrogate or half a code unit`;
      throw new PermanentError('ENCODING_REFUSED', message, { expected, cause });
    }
  }
}

function encodingOf(bytes: Uint8Array): DumpEncoding {
  const [a = -1, b = -1, c = -1, d = -1] = bytes;
  if (a === 0xff && b === 0xfe && !(c === 0 && d === 0)) return 'utf-16le';
  if (a === 0xfe && b === 0xff) return 'utf-16be';
  // A NUL among the first bytes: UTF-16 without a mark, UTF-32, or no text at all.
  if (a === 0 || b === 0 || c === 0 || d === 0) {
    const expected = 'UTF-8, or UTF-16 with a byte-order mark';
    const received = Buffer.from(bytes.subarray(0, 4)).toString('hex');
    const message = `the dump is refused: expected ${expected}; its first bytes are ${received}`;
    throw new PermanentError('ENCODING_REFUSED', message, { expected, received, place: 'byte 0' });
  }
  return 'utf-8';
}
