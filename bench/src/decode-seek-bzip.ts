// Unpacks a bzip2 file with seek-bzip, to standard output.
// usage: node decode-seek-bzip.js FILE
import { openSync, readSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';

/** What seek-bzip reads from and writes to: its package has no types. */
interface Bunzip {
  decode(
    input: { readByte(): number; read(buffer: Buffer, at: number, length: number): number; eof(): boolean },
    output: { writeByte(byte: number): void; flush(): void },
    multistream: boolean,
  ): void;
}

const BUFFER_BYTES = 1024 * 1024;

const require = createRequire(import.meta.url);
const bunzip = require('seek-bzip') as Bunzip;
const file = openSync(process.argv[2] ?? '', 'r');
const input = Buffer.alloc(BUFFER_BYTES);
let inputAt = 0;
let inputEnd = 0;
const output = Buffer.alloc(BUFFER_BYTES);
let outputEnd = 0;

/** False at the end of the file. */
function fill(): boolean {
  inputAt = 0;
  inputEnd = readSync(file, input, 0, BUFFER_BYTES, null);
  return inputEnd > 0;
}

function flush(): void {
  for (let at = 0; at < outputEnd;) at += writeSync(1, output, at, outputEnd - at);
  outputEnd = 0;
}

bunzip.decode(
  {
    readByte: () => (inputAt < inputEnd || fill() ? (input[inputAt++] ?? -1) : -1),
    // only ever a few bytes: a stream's header
    read(buffer, at, length) {
      let bytes = 0;
      for (; bytes < length && (inputAt < inputEnd || fill()); bytes += 1) buffer[at + bytes] = input[inputAt++] ?? 0;
      return bytes;
    },
    eof: () => inputAt === inputEnd && !fill(),
  },
  {
    writeByte(byte) {
      output[outputEnd++] = byte;
      if (outputEnd === BUFFER_BYTES) flush();
    },
    flush,
  },
  true,
);
flush();
