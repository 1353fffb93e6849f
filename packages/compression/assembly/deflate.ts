// A stream of DEFLATE (RFC 1951), a block with codes of its own for each piece of input. Matches are found by the two latest
// positions of each hash of four bytes, and taken as they come (greedy). Where none is found for long, more bytes are passed
// at a time.

import { buildCode, codeBits, codeLength, CODES_FREE } from './huffman';
import { INPUT, OUTPUT, TABLE, TABLE_BYTES, TOKENS, WINDOW, WINDOW_BYTES } from './layout';

const HASH_BITS: u32 = 15;
/** Two positions (u32 each). */
const BUCKET_BYTES: usize = 8;
const MIN_MATCH: usize = 4;
const MAX_MATCH: usize = 258;
/** A match of so many bytes is good enough. */
const NICE_MATCH: usize = 32;
/** A position is looked up of which so many bytes are left. */
const MARGIN: usize = 16;

const LITERALS: u32 = 286;
const END_OF_BLOCK: u32 = 256;
const FIRST_LENGTH: u32 = 257;
const DISTANCES: u32 = 30;
const LENGTH_SYMBOLS: u32 = 19;
const MAX_CODE_BITS: u32 = 15;
const MAX_LENGTH_BITS: u32 = 7;
const DYNAMIC_BLOCK: u32 = 2;

// in CODES, behind what builds them; u32 each unless it says otherwise
const LITERAL_COUNTS: usize = (CODES_FREE + 15) & ~15;
const DISTANCE_COUNTS: usize = LITERAL_COUNTS + 4 * 288;
const LENGTH_COUNTS: usize = DISTANCE_COUNTS + 4 * 32;
const LITERAL_CODES: usize = LENGTH_COUNTS + 4 * 32;
const DISTANCE_CODES: usize = LITERAL_CODES + 4 * 288;
const LENGTH_CODES: usize = DISTANCE_CODES + 4 * 32;
/** u8: the symbol, less `FIRST_LENGTH`, of each length of a match, less 3. */
const LENGTH_SYMBOL: usize = LENGTH_CODES + 4 * 32;
/** u8: the symbol of each distance below 257, less 1; of the others by their highest bits, 128 a step. */
const DISTANCE_SYMBOL: usize = LENGTH_SYMBOL + 256;
/** u16: the lengths of a block's codes, with their runs: a symbol, and what follows it above. */
const RUNS: usize = DISTANCE_SYMBOL + 512;

/** Symbols of code lengths stand in this order. */
const LENGTH_ORDER = memory.data<u8>([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]);

fillSymbols();

function fillSymbols(): void {
  for (let symbol: u32 = 0; symbol <= 28; symbol += 1) {
    // the last symbol is the last length alone, which the one before would have room for
    const next = lengthBase(symbol) + (1 << lengthBits(symbol));
    const end: u32 = symbol == 28 ? 259 : min<u32>(258, next);
    for (let length = lengthBase(symbol); length < end; length += 1) store<u8>(LENGTH_SYMBOL + length - 3, u8(symbol));
  }
  for (let symbol: u32 = 0; symbol < DISTANCES; symbol += 1) {
    const end: u32 = distanceBase(symbol) + (1 << distanceBits(symbol));
    for (let distance = distanceBase(symbol); distance < end; distance += distance < 257 ? 1 : 128) {
      store<u8>(distanceEntry(distance), u8(symbol));
    }
  }
}

function lengthBits(symbol: u32): u32 {
  return symbol < 8 || symbol == 28 ? 0 : (symbol >> 2) - 1;
}

function lengthBase(symbol: u32): u32 {
  if (symbol == 28) return 258;
  return symbol < 8 ? 3 + symbol : 3 + ((4 + (symbol & 3)) << lengthBits(symbol));
}

function distanceBits(symbol: u32): u32 {
  return symbol < 4 ? 0 : (symbol >> 1) - 1;
}

function distanceBase(symbol: u32): u32 {
  return symbol < 4 ? 1 + symbol : 1 + ((2 + (symbol & 1)) << distanceBits(symbol));
}

function distanceEntry(distance: u32): usize {
  return DISTANCE_SYMBOL + (distance <= 256 ? distance - 1 : 256 + ((distance - 1) >> 7));
}

/** The position of INPUT's first byte in the stream; the first one of all is beyond a window's length. */
let streamAt: u32 = 0;
/** Bits that are no byte yet. */
let held: u64 = 0;
let heldBits: u32 = 0;
let out: usize = OUTPUT;

/** Begins a stream. */
export function beginStream(): void {
  memory.fill(TABLE, 0, TABLE_BYTES);
  // an entry that is not set is beyond the window
  streamAt = u32(WINDOW_BYTES) + 1;
  held = 0;
  heldBits = 0;
}

/** Compresses the next piece, in INPUT, to a block. Returns the length of what is in OUTPUT; of the last block its last byte too. */
export function compressPiece(length: usize, isLast: bool): usize {
  out = OUTPUT;
  memory.fill(LITERAL_COUNTS, 0, LENGTH_COUNTS - LITERAL_COUNTS);
  const tokens = findTokens(length);
  store<u32>(LITERAL_COUNTS + 4 * END_OF_BLOCK, 1);
  writeBlock(tokens, isLast);
  if (isLast) put(0, (8 - (heldBits & 7)) & 7);
  flush();
  // the end of this piece is what the next one's matches go back to
  memory.copy(WINDOW, INPUT + length - WINDOW_BYTES, WINDOW_BYTES);
  streamAt += u32(length);
  return out - OUTPUT;
}

/** Puts literals and matches into TOKENS, and counts their symbols. Returns where they end. */
function findTokens(length: usize): usize {
  const end = INPUT + length;
  const limit = length < MARGIN ? INPUT : end - MARGIN;
  let token = TOKENS;
  let at = INPUT;
  let skip: usize = 64;
  while (at < limit) {
    const matched = findMatch(at, end);
    if (matched == 0) {
      const to = min(at + (skip >> 6), limit);
      skip += 1;
      for (; at < to; at += 1) token = putLiteral(at, token);
      continue;
    }
    skip = 64;
    token = putMatch(u32(matched), u32(at) - matchAt, token);
    const next = at + matched;
    // of a match's positions the last ones are kept
    if (next < limit) for (let i = next - 3; i < next; i += 1) insert(i);
    at = next;
  }
  for (; at < end; at += 1) token = putLiteral(at, token);
  return token;
}

function putLiteral(at: usize, token: usize): usize {
  const literal: u32 = load<u8>(at);
  count(LITERAL_COUNTS + 4 * literal);
  store<u32>(token, literal);
  return token + 4;
}

function putMatch(length: u32, distance: u32, token: usize): usize {
  count(LITERAL_COUNTS + 4 * (FIRST_LENGTH + load<u8>(LENGTH_SYMBOL + length - 3)));
  count(DISTANCE_COUNTS + 4 * usize(load<u8>(distanceEntry(distance))));
  store<u32>(token, (length << 16) | distance);
  return token + 4;
}

function count(counter: usize): void {
  store<u32>(counter, load<u32>(counter) + 1);
}

function bucketOf(at: usize): usize {
  return TABLE + usize((load<u32>(at) * 0x9e3779b1) >> (32 - HASH_BITS)) * BUCKET_BYTES;
}

function insert(at: usize): void {
  const bucket = bucketOf(at);
  store<u32>(bucket, load<u32>(bucket), 4);
  store<u32>(bucket, u32(at - INPUT) + streamAt);
}

/** Where the match begins that was found last. */
let matchAt: u32 = 0;

/** Looks a position up, and keeps it. Returns the length of the longest match, or 0. */
function findMatch(at: usize, end: usize): usize {
  const bucket = bucketOf(at);
  const position = u32(at - INPUT) + streamAt;
  const first = load<u32>(bucket);
  const second = load<u32>(bucket, 4);
  store<u32>(bucket, position);
  store<u32>(bucket, first, 4);
  const bytes = load<u32>(at);
  const most = min(MAX_MATCH, end - at);
  let best: usize = 0;
  if (position - first <= u32(WINDOW_BYTES)) {
    const candidate = at - (position - first);
    if (load<u32>(candidate) == bytes) {
      best = matchLength(candidate, at, most);
      matchAt = u32(candidate);
      if (best >= NICE_MATCH) return best;
    }
  }
  if (position - second <= u32(WINDOW_BYTES)) {
    const candidate = at - (position - second);
    if (load<u32>(candidate) == bytes) {
      const matched = matchLength(candidate, at, most);
      if (matched > best) {
        best = matched;
        matchAt = u32(candidate);
      }
    }
  }
  return best;
}

/** Of two positions whose first four bytes are equal. */
function matchLength(one: usize, two: usize, most: usize): usize {
  let length = MIN_MATCH;
  for (; length < most; length += 8) {
    const differing = load<u64>(one + length) ^ load<u64>(two + length);
    if (differing != 0) return min(most, length + (usize(ctz(differing)) >> 3));
  }
  return most;
}

function writeBlock(tokensEnd: usize, isLast: bool): void {
  buildCode(LITERAL_COUNTS, LITERALS, MAX_CODE_BITS, LITERAL_CODES);
  buildCode(DISTANCE_COUNTS, DISTANCES, MAX_CODE_BITS, DISTANCE_CODES);
  put(isLast ? 1 : 0, 1);
  put(DYNAMIC_BLOCK, 2);
  writeCodes();
  for (let token = TOKENS; token < tokensEnd; token += 4) {
    const value = load<u32>(token);
    if (value < 256) {
      if (heldBits > 48) flush();
      putCode(load<u32>(LITERAL_CODES + 4 * value));
    } else {
      writeMatch(value >> 16, value & 0xffff);
    }
  }
  flush();
  putCode(load<u32>(LITERAL_CODES + 4 * END_OF_BLOCK));
  flush();
}

function writeMatch(length: u32, distance: u32): void {
  flush();
  const lengthSymbol: u32 = load<u8>(LENGTH_SYMBOL + length - 3);
  putCode(load<u32>(LITERAL_CODES + 4 * (FIRST_LENGTH + lengthSymbol)));
  put(length - lengthBase(lengthSymbol), lengthBits(lengthSymbol));
  const distanceSymbol: u32 = load<u8>(distanceEntry(distance));
  putCode(load<u32>(DISTANCE_CODES + 4 * distanceSymbol));
  put(distance - distanceBase(distanceSymbol), distanceBits(distanceSymbol));
}

/** The lengths of both codes, in runs, behind the code of the runs' symbols. */
function writeCodes(): void {
  const literals = used(LITERAL_CODES, LITERALS, FIRST_LENGTH);
  const distances = used(DISTANCE_CODES, DISTANCES, 1);
  memory.fill(LENGTH_COUNTS, 0, 4 * LENGTH_SYMBOLS);
  let runs = findRuns(LITERAL_CODES, literals, RUNS);
  runs = findRuns(DISTANCE_CODES, distances, runs);
  buildCode(LENGTH_COUNTS, LENGTH_SYMBOLS, MAX_LENGTH_BITS, LENGTH_CODES);
  let lengths = LENGTH_SYMBOLS;
  while (lengths > 4 && load<u32>(LENGTH_CODES + 4 * usize(load<u8>(LENGTH_ORDER + lengths - 1))) == 0) lengths -= 1;
  put(literals - FIRST_LENGTH, 5);
  put(distances - 1, 5);
  put(lengths - 4, 4);
  flush();
  for (let i: u32 = 0; i < lengths; i += 1) {
    put(codeLength(load<u32>(LENGTH_CODES + 4 * usize(load<u8>(LENGTH_ORDER + i)))), 3);
    flush();
  }
  for (let run = RUNS; run < runs; run += 2) {
    const symbol: u32 = load<u8>(run);
    putCode(load<u32>(LENGTH_CODES + 4 * symbol));
    if (symbol == 16) put(load<u8>(run, 1), 2);
    else if (symbol == 17) put(load<u8>(run, 1), 3);
    else if (symbol == 18) put(load<u8>(run, 1), 7);
    flush();
  }
}

/** Symbols up to the last one that occurs, `least` at least. */
function used(codes: usize, symbols: u32, least: u32): u32 {
  let count = symbols;
  while (count > least && load<u32>(codes + 4 * (count - 1)) == 0) count -= 1;
  return count;
}

/** Lengths as symbols: themselves, 16 for the one before again, 17 and 18 for zeros. Returns where they end. */
function findRuns(codes: usize, symbols: u32, target: usize): usize {
  let to = target;
  for (let at: u32 = 0; at < symbols;) {
    const length = codeLength(load<u32>(codes + 4 * at));
    let equal: u32 = 1;
    while (at + equal < symbols && codeLength(load<u32>(codes + 4 * (at + equal))) == length) equal += 1;
    at += equal;
    if (length == 0) {
      for (; equal >= 11; equal -= min(equal, 138)) to = putRun(18, min(equal, 138) - 11, to);
      if (equal >= 3) {
        to = putRun(17, equal - 3, to);
        equal = 0;
      }
    } else {
      to = putRun(length, 0, to);
      equal -= 1;
      while (equal >= 3) {
        const repeated = min(equal, 6);
        to = putRun(16, repeated - 3, to);
        equal -= repeated;
      }
    }
    for (; equal > 0; equal -= 1) to = putRun(length, 0, to);
  }
  return to;
}

function putRun(symbol: u32, extra: u32, to: usize): usize {
  count(LENGTH_COUNTS + 4 * symbol);
  store<u8>(to, u8(symbol));
  store<u8>(to, u8(extra), 1);
  return to + 2;
}

function putCode(entry: u32): void {
  put(u32(codeBits(entry)), codeLength(entry));
}

/** The lowest bit first. At most 57 bits may be held before the next `flush`. */
function put(bits: u32, length: u32): void {
  held |= u64(bits) << heldBits;
  heldBits += length;
}

/** Writes the bytes that are full. */
function flush(): void {
  store<u64>(out, held);
  const bytes = heldBits >> 3;
  out += bytes;
  held >>= u64(bytes << 3);
  heldBits &= 7;
}
