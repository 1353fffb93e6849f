import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FleetError } from '@wikifleet/domain/errors';
import { BlockDecoder } from './block-decoder.js';
import { binary, packBits } from './testing/bzip2-writer.js';
import { combineCrc } from './crc32.js';
import { findMagics } from './find-magic.js';
import { FIXTURES } from './testing/fixtures.js';
import { libbz2, WITHOUT_LIBBZ2 } from './testing/libbz2.js';

/** So many inputs, or with `WIKIFLEET_FUZZ_SECONDS=600` as many as that time takes. */
const INPUTS = 300;
const SECONDS = Number(process.env['WIKIFLEET_FUZZ_SECONDS'] ?? 0);
const SEED = Number(process.env['WIKIFLEET_FUZZ_SEED'] ?? 1);

/** libbz2 is asked about so many inputs, or bytes of them, at a time. */
const BATCH = 400;
const BATCH_BYTES = 4e6;

/** Real dumps of many scripts and sizes, beside the checkout. */
const SAMPLES = fileURLToPath(new URL('../../../../shared/samples/', import.meta.url));
const SAMPLE_FILES = [
  'odd/bgwiki-utf16.xml.bz2',
  'odd/enwiki-no-siteinfo.xml.bz2',
  'odd/wikidata-pages-articles-sample1.xml.bz2',
  'multistream/bnwiki-20230501-excerpt-multistream-index.txt.bz2',
  'multistream/pages-articles-p2566p2583.multistream.xml.bz2',
  'single-stream/aawiki-20260101-pages-meta-current.xml.bz2',
];

/** Where the block of a stream begins, and its CRC. */
const FIRST = 32;
const CRC_BYTE = 10;

interface Case {
  input: Buffer;
  /** What our decoder makes of it: null for refused. */
  bytes: Buffer | null;
  /** How it was made, or why it was refused. */
  note: string;
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A stream of the block that is the bits `[from, to)` of `input`. */
function streamOf(input: Buffer, from: number, to: number, crc: number): Buffer {
  const bytes = Buffer.alloc(Math.ceil((to - from) / 8) + 1);
  const shift = from % 8;
  for (let i = 0, at = from >> 3; i < bytes.length; i++, at++) {
    bytes[i] = ((((input[at] ?? 0) << 8) | (input[at + 1] ?? 0)) >> (8 - shift)) & 255;
  }
  const whole = (to - from) >> 3;
  const last = binary(bytes[whole]!, 8).slice(0, (to - from) & 7);
  const end = `${last}${binary(0x177245, 24)}${binary(0x385090, 24)}${binary(combineCrc(0, crc), 32)}`;
  return Buffer.concat([Buffer.from('BZh9'), bytes.subarray(0, whole), packBits(end)]);
}

/** Streams of one sound block each. */
function seeds(): Buffer[] {
  const files = SAMPLE_FILES.map((name) => SAMPLES + name).filter((path) => existsSync(path));
  const inputs = [...FIXTURES.map(({ bz2 }) => bz2), ...files.map((path) => readFileSync(path))];
  const decoder = new BlockDecoder();
  return inputs.flatMap((input) =>
    Array.from(findMagics(input))
      .filter(({ kind }) => kind === 'block')
      .map(({ bit }) => {
        const { endBit, crc } = decoder.decode(input, bit, 9);
        return streamOf(input, bit, endBit, crc);
      }),
  );
}

/** Some of its bits, bytes or parts are no longer what they were; mostly in the header, where they matter most. */
function mutate(input: Buffer, random: () => number): Buffer {
  const copy = Buffer.from(input);
  const place = (): number => {
    const end = random() < 0.5 ? copy.length : Math.min(copy.length, 200);
    return 4 + Math.floor(random() * (end - 4));
  };
  for (let changes = Math.floor(random() * 3) + 1; changes > 0; changes--) {
    const at = place();
    const kind = random();
    if (kind < 0.5) copy[at]! ^= 1 << Math.floor(random() * 8);
    else if (kind < 0.7) copy[at] = Math.floor(random() * 256);
    else if (kind < 0.8) copy.subarray(at, at + Math.floor(random() * 20)).fill(random() < 0.5 ? 0 : 255);
    else if (kind < 0.9) copy.copyWithin(at, place());
    // The block's own row among the sorted ones.
    else if (kind < 0.97) copy[15 + Math.floor(random() * 2)] = Math.floor(random() * 256);
    else return copy.subarray(0, at);
  }
  return copy;
}

/** Decodes a stream of one block; where its CRC alone is wrong, or what follows it, that is put right first. */
function decode(decoder: BlockDecoder, input: Buffer): Case {
  try {
    const { endBit, crc, size } = decoder.decode(input, FIRST, 9);
    const bytes = Buffer.alloc(size);
    let at = 0;
    for (let slice = decoder.read(); slice !== null; slice = decoder.read()) at += Buffer.from(slice).copy(bytes, at);
    assert.equal(at, size);
    return { input: streamOf(input, FIRST, endBit, crc), bytes, note: `${size} bytes` };
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    if (error.code !== 'BZIP2_BLOCK_CRC') return { input, bytes: null, note: error.message };
    const repaired = Buffer.from(input);
    repaired.writeUInt32BE(Number(error.received), CRC_BYTE);
    return decode(decoder, repaired);
  }
}

function compare(cases: readonly Case[]): void {
  for (const [i, answer] of libbz2(cases.map(({ input }) => input)).entries()) {
    const { input, bytes, note } = cases[i]!;
    const same = answer === null ? bytes === null : bytes !== null && answer.equals(bytes);
    const theirs = answer === null ? 'refused' : `${answer.length} bytes`;
    const shown = input.length < 5000 ? input.toString('base64') : `an input of ${input.length} bytes`;
    assert.ok(same, `seed ${SEED}: libbz2 ${theirs}, we ${note}: ${shown}`);
  }
}

describe('a block with anything in it', () => {
  it(`decodes, or is refused, as libbz2 has it (${SECONDS > 0 ? `${SECONDS} s` : `${INPUTS} inputs`}, seed ${SEED})`, function () {
    this.timeout((SECONDS + 60) * 1000);
    if (WITHOUT_LIBBZ2 !== null) {
      return this.skip(WITHOUT_LIBBZ2);
    }
    const random = randomFrom(SEED);
    const decoder = new BlockDecoder();
    const sound = seeds();
    const stop = performance.now() + SECONDS * 1000;
    let decoded = 0;
    let refused = 0;
    while (SECONDS > 0 ? performance.now() < stop : decoded + refused < INPUTS) {
      const cases: Case[] = [];
      for (let bytes = 0; cases.length < BATCH && bytes < BATCH_BYTES;) {
        // Small ones more often.
        const base = sound[Math.floor(random() ** 2 * sound.length)]!;
        const result = decode(decoder, mutate(base, random));
        cases.push(result);
        bytes += result.input.length + (result.bytes?.length ?? 0);
      }
      compare(cases);
      const accepted = cases.filter(({ bytes }) => bytes !== null).length;
      decoded += accepted;
      refused += cases.length - accepted;
    }
    console.log(`      ${decoded} inputs decoded alike, ${refused} refused alike`);
    assert.ok(decoded > 0 && refused > 0);
  });
});
