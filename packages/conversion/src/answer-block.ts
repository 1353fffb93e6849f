import type { BlockDecoder } from '@wikifleet/bzip2/block-decoder';
import { MAX_SENT_BYTES } from './block-messages.js';
import type { BlockReply, BlockRequest } from './block-messages.js';
import { toSent } from './sent-error.js';

/** Decodes the block that is asked for, in whatever thread this is; errors are answers, too. */
export function answerBlock(decoder: BlockDecoder, request: BlockRequest): BlockReply {
  try {
    return decode(decoder, request);
  } catch (error) {
    return { kind: 'error', error: toSent(error), buffers: request.buffers };
  }
}

/** Its bytes are then to be read of the decoder. */
export function decodeBlock(decoder: BlockDecoder, request: BlockRequest): ReturnType<BlockDecoder['decode']> {
  const { buffers, length, base, bit, level } = request;
  return decoder.decode(new Uint8Array(buffers.input, 0, length), bit - base * 8, level, base * 8);
}

function decode(decoder: BlockDecoder, request: BlockRequest): BlockReply {
  const { buffers, base } = request;
  const { endBit, crc, size } = decodeBlock(decoder, request);
  const place = { endBit: base * 8 + endBit, crc };
  if (size > MAX_SENT_BYTES) return { kind: 'large', ...place, buffers };
  const output = buffers.output.byteLength >= size ? buffers.output : new ArrayBuffer(MAX_SENT_BYTES);
  const bytes = new Uint8Array(output);
  let filled = 0;
  for (let slice = decoder.read(); slice !== null; slice = decoder.read()) {
    bytes.set(slice, filled);
    filled += slice.length;
  }
  return { kind: 'block', size, ...place, buffers: { ...buffers, output } };
}
