import type { BlockDecoder } from '@wikifleet/bzip2/block-decoder';
import { MAX_SENT_BYTES } from './block-messages.js';
import type { BlockReply, BlockRequest } from './block-messages.js';
import { toSent } from './sent-error.js';

/** Decodes the block that is asked for, in whatever thread this is; errors are answers, too. */
export function answerBlock(decoder: BlockDecoder, request: BlockRequest): BlockReply {
  try {
    return decode(decoder, request);
  } catch (error) {
    return { kind: 'error', error: toSent(error), output: request.output };
  }
}

function decode(decoder: BlockDecoder, request: BlockRequest): BlockReply {
  const { input, base, bit, level } = request;
  const { endBit, crc, size } = decoder.decode(input, bit - base * 8, level, base * 8);
  if (size > MAX_SENT_BYTES) {
    const { output: unused, ...kept } = request;
    return { kind: 'large', endBit: base * 8 + endBit, crc, request: kept, output: unused };
  }
  const output = request.output ?? new ArrayBuffer(MAX_SENT_BYTES);
  const bytes = new Uint8Array(output);
  let filled = 0;
  for (let slice = decoder.read(); slice !== null; slice = decoder.read()) {
    bytes.set(slice, filled);
    filled += slice.length;
  }
  return { kind: 'block', endBit: base * 8 + endBit, crc, size, output };
}
