import { S3Error } from './s3-error.js';

/** Bounds for what stands between the data: a chunk's line with its signature, and all trailers together. */
const MAX_LINE_BYTES = 1024;
const MAX_TRAILER_BYTES = 8192;

/**
 * Decodes the `aws-chunked` framing of the `STREAMING-…` payloads: `<hex size>[;chunk-signature=…]\r\n<data>\r\n`,
 * a last chunk of size 0, then trailers as `name:value\r\n`. Signatures are not checked. Trailers land in the given
 * map, with names in lower case, when the last byte was read.
 * Throws S3Error IncompleteBody where the frames are cut or broken.
 */
export async function* decodeAwsChunked(
  source: AsyncIterable<Buffer>,
  trailers: Map<string, string>,
): AsyncGenerator<Buffer> {
  let state: 'size' | 'data' | 'data-end' | 'trailer' | 'end' = 'size';
  let left = 0;
  let trailerBytes = 0;
  let line: Buffer = Buffer.alloc(0);

  for await (const chunk of source) {
    let at = 0;
    while (at < chunk.length) {
      if (state === 'data') {
        const data = chunk.subarray(at, at + left);
        at += data.length;
        left -= data.length;
        if (left === 0) state = 'data-end';
        yield data;
        continue;
      }
      if (state === 'end') throw broken('bytes after the last chunk');
      const end = chunk.indexOf(10, at);
      const piece = chunk.subarray(at, end < 0 ? chunk.length : end);
      if (line.length + piece.length > MAX_LINE_BYTES) throw broken(`a line over ${MAX_LINE_BYTES} bytes`);
      line = line.length === 0 ? piece : Buffer.concat([line, piece]);
      at += piece.length + 1;
      if (end < 0) break;
      const text = line.toString('latin1').replace(/\r$/, '');
      line = Buffer.alloc(0);
      if (state === 'data-end') {
        if (text !== '') throw broken('data longer than its chunk said');
        state = 'size';
      } else if (state === 'size') {
        const size = /^([0-9A-Fa-f]{1,12})(?:;.*)?$/.exec(text)?.[1];
        if (size === undefined) throw broken(`expected a chunk's size, received ${JSON.stringify(text.slice(0, 40))}`);
        left = Number.parseInt(size, 16);
        state = left === 0 ? 'trailer' : 'data';
      } else {
        trailerBytes += text.length;
        if (trailerBytes > MAX_TRAILER_BYTES) throw broken(`trailers over ${MAX_TRAILER_BYTES} bytes`);
        const colon = text.indexOf(':');
        if (colon > 0) trailers.set(text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim());
        else if (text === '') state = 'end';
        else throw new S3Error('MalformedTrailerError', 'The request contained trailing data that was not well-formed');
      }
    }
  }
  // some clients leave out the empty line after the last trailer
  if (state !== 'end' && (state !== 'trailer' || line.length > 0)) throw broken('the body ends within a chunk');
}

function broken(reason: string): S3Error {
  return new S3Error('IncompleteBody', `The aws-chunked body is broken: ${reason}`);
}
