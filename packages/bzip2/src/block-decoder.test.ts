import assert from 'node:assert/strict';
import { PermanentError } from '@wikifleet/domain/errors';
import { BlockDecoder, MAX_BLOCK_BYTES, SLICE_BYTES } from './block-decoder.js';
import {
  binary,
  blockBits,
  codeRuns,
  crc32,
  fieldsOf,
  packBits,
  sortRotations,
  spell,
  writeStream,
} from './testing/bzip2-writer.js';
import type { BlockFields } from './testing/bzip2-writer.js';
import { libbz2, WITHOUT_LIBBZ2 } from './testing/libbz2.js';

/** Where the first block begins, after `BZh9`. */
const FIRST = 32;

const TEXT = Buffer.from(
  Array.from({ length: 200 }, (_, i) => `row ${i}: ${'='.repeat(i % 9)} ${(i * i * 7919) % 10007}\n`).join(''),
);

function text(): BlockFields {
  return fieldsOf({ coded: codeRuns(TEXT), decoded: TEXT });
}

function withRuns(coded: string, decoded: string): BlockFields {
  return fieldsOf({ coded: Buffer.from(coded, 'latin1'), decoded: Buffer.from(decoded, 'latin1') });
}

/** `ab` over and over: `pairs * 2` bytes of a block, whose sorted last column needs no sorting. */
function pairs(count: number): BlockFields {
  const decoded = Buffer.alloc(count * 2, 'ab');
  const column = Buffer.concat([Buffer.alloc(count, 'b'), Buffer.alloc(count, 'a')]);
  // The two halves follow each other row by row, so this is no single cycle, but the walk from row 0 is right all the same.
  return fieldsOf({ coded: decoded, decoded, sorted: { column, origin: 0 } });
}

/** 19 bytes make 21 symbols, as many as codes of 1 to 20 bits, the last twice, can have. */
const LONG_CODES = Buffer.from(Array.from({ length: 400 }, (_, i) => 65 + ((i * 7 + (i >> 5)) % 19)));

function longCodes(): BlockFields {
  const fields = fieldsOf({ coded: LONG_CODES, decoded: LONG_CODES });
  const lengths = Array.from({ length: 21 }, (_, i) => Math.min(i + 1, 20));
  // Each selector names the table that was not used last.
  const groupTables = fields.groupTables.map((_, group) => (group + 1) % 2);
  return {
    ...fields,
    lengths: [lengths, lengths.toReversed()],
    groupTables,
    selectors: '10'.repeat(fields.selectorCount),
  };
}

function sixTables(): BlockFields {
  const fields = text();
  const [flat] = fields.lengths;
  const lengths = Array.from({ length: 6 }, (_, table) => flat!.map((length) => length + table));
  // Each selector names the sixth of the recent tables: 5, 4, 3, …
  const groupTables = fields.groupTables.map((_, group) => 5 - (group % 6));
  return { ...fields, tables: 6, lengths, groupTables, selectors: '111110'.repeat(fields.selectorCount) };
}

/** `length` bytes from `first` on to below `first + count`, in no order and none twice in a row. */
function noise(length: number, first: number, count: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 1;
  let last = 0;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    last = (last + 1 + ((state >>> 16) % (count - 1))) % count;
    bytes[i] = first + last;
  }
  return bytes;
}

/** A block of 99,000 bytes, begun at another of its rows. */
function fromRow(origin: number): { fields: BlockFields; decoded: Buffer } {
  ROWS.column ??= sortRotations(noise(99_000, 65, 40)).column;
  const { column } = ROWS;
  const decoded = spell(column, origin);
  return { fields: fieldsOf({ coded: decoded, decoded, sorted: { column, origin } }), decoded };
}

const ROWS: { column: Uint8Array | null } = { column: null };

/** A block whose last column is noise, of so many different bytes that no four equal ones come together. */
function withoutRuns(length: number): { fields: BlockFields; decoded: Buffer } {
  const column = noise(length, 0, 255);
  const decoded = spell(column, 7);
  return { fields: fieldsOf({ coded: decoded, decoded, sorted: { column, origin: 7 } }), decoded };
}

/** Noise of so few different bytes that each is among the last used. */
function fewBytes(length: number): { fields: BlockFields; decoded: Buffer } {
  const decoded = noise(length, 65, 12);
  return { fields: fieldsOf({ coded: decoded, decoded }), decoded };
}

/** A block that is `once` so many times: its rows are equal in so many, and the links from row to row are as many cycles. */
function repeated(once: Buffer, times: number): { fields: BlockFields; decoded: Buffer } {
  const { column, origin } = sortRotations(once);
  const rows = Buffer.concat(Array.from(column, (byte) => Buffer.alloc(times, byte)));
  const decoded = Buffer.alloc(once.length * times, once);
  return { fields: fieldsOf({ coded: decoded, decoded, sorted: { column: rows, origin: origin * times } }), decoded };
}

/**
 * Every 1024th of its sorted rows begins with one of the first bytes of the block: the pairs of each byte with the lowest one are
 * there, and the byte follows a multiple of 1024 lower ones. So from there to the end no such row is met.
 */
function marksTogether(): { fields: BlockFields; decoded: Buffer } {
  const bytes = Array.from({ length: 96 }, (_, i) => i + 2);
  const begin = bytes.flatMap((byte) => [byte, 0]);
  const rest = [
    ...Array<number>(1024 - bytes.length).fill(1),
    ...bytes.flatMap((byte) => Array<number>(1023).fill(byte)),
  ];
  // 7919 is a prime and no divisor, so each place is taken once, and equal bytes come apart.
  const decoded = Buffer.from([...begin, ...rest.map((_, i) => rest[(i * 7919) % rest.length]!)]);
  return { fields: fieldsOf({ coded: decoded, decoded }), decoded };
}

/** Selectors after the needed ones, which may hold any bits: here both magics at odd offsets. */
function plantedMagics(): BlockFields {
  const fields = sixTables();
  const magic = (high: number, low: number): string => `${binary(high, 24)}${binary(low, 24)}0`;
  const planted = `0${magic(0x314159, 0x265359)}00${magic(0x177245, 0x385090)}`;
  const count = planted.replaceAll('1', '').length;
  return { ...fields, selectors: fields.selectors + planted, selectorCount: fields.selectorCount + count };
}

function surplusSelectors(total: number): BlockFields {
  const fields = text();
  return { ...fields, selectors: '0'.repeat(total), selectorCount: total };
}

const LONG_RANDOMISED = Buffer.from(Array.from({ length: 5000 }, (_, i) => 32 + ((i * i * 31 + i) % 90)));

const sound: { name: string; level?: number; fields: BlockFields; decoded: Buffer }[] = [
  { name: 'text', fields: text(), decoded: TEXT },
  {
    name: 'a randomised block',
    fields: fieldsOf({ coded: codeRuns(LONG_RANDOMISED), decoded: LONG_RANDOMISED, randomised: true }),
    decoded: LONG_RANDOMISED,
  },
  { name: 'six tables in turn', fields: sixTables(), decoded: TEXT },
  { name: 'codes of up to 20 bits', fields: longCodes(), decoded: LONG_CODES },
  { name: 'magics in surplus selectors', fields: plantedMagics(), decoded: TEXT },
  { name: '18,002 selectors', fields: surplusSelectors(18_002), decoded: TEXT },
  { name: '32,767 selectors', fields: surplusSelectors(32_767), decoded: TEXT },
  { name: 'one byte', fields: withRuns('x', 'x'), decoded: Buffer.from('x') },
  { name: 'three equal bytes at the end', fields: withRuns('abbb', 'abbb'), decoded: Buffer.from('abbb') },
  { name: 'four equal bytes and 0 at the end', fields: withRuns('abbbb\0', 'abbbb'), decoded: Buffer.from('abbbb') },
  {
    name: 'a count that equals the byte, and the byte again',
    fields: withRuns('\x02\x02\x02\x02\x02\x02\x02', '\x02'.repeat(8)),
    decoded: Buffer.alloc(8, 2),
  },
  {
    name: 'four equal bytes and 255 at the end',
    fields: withRuns('abbbb\xff', `a${'b'.repeat(259)}`),
    decoded: Buffer.from(`a${'b'.repeat(259)}`),
  },
  { name: 'a full block of level 1', level: 1, fields: pairs(50_000), decoded: Buffer.alloc(100_000, 'ab') },
  { name: 'a code that is not full', fields: loosen(text()), decoded: TEXT },
  { name: 'a code that is too full', fields: overfull(), decoded: Buffer.from('aaa') },
];

function loosen(fields: BlockFields): BlockFields {
  return { ...fields, lengths: fields.lengths.map((lengths) => lengths.map((length) => length + 12)) };
}

/** Four symbols with room for three: the first byte's neighbour has no code, and does not occur. */
function overfull(): BlockFields {
  const fields = withRuns('aaa', 'aaa');
  return {
    ...fields,
    alphabet: [97, 98],
    lengths: [
      [2, 2, 2, 1],
      [2, 2, 2, 1],
    ],
    symbols: [0, 0, 3],
  };
}

/** The end's code in the second table is 11, which is none in the first, and it is the first that is selected. */
function noCode(): BlockFields {
  return {
    ...withRuns('aaa', 'aaa'),
    lengths: [
      [2, 2, 2],
      [1, 2, 2],
    ],
    symbols: [2],
    groupTables: [1],
  };
}

const wrong: { name: string; code: string; level?: number; fields: BlockFields }[] = [
  { name: 'another CRC', code: 'BZIP2_BLOCK_CRC', fields: { ...text(), crc: 1 } },
  { name: 'the randomised bit alone', code: 'BZIP2_BLOCK_CRC', fields: { ...text(), randomised: true } },
  {
    name: "an origin at the block's length",
    code: 'BZIP2_BAD_ORIGIN',
    fields: { ...text(), origin: codeRuns(TEXT).length },
  },
  { name: 'the highest origin', code: 'BZIP2_BAD_ORIGIN', fields: { ...text(), origin: 0xffffff } },
  { name: 'no bytes', code: 'BZIP2_BAD_ORIGIN', fields: { ...withRuns('a', ''), symbols: [2] } },
  { name: 'no alphabet', code: 'BZIP2_BAD_ALPHABET', fields: { ...text(), alphabet: [] } },
  { name: 'no tables', code: 'BZIP2_BAD_HUFFMAN', fields: { ...text(), tables: 0 } },
  { name: 'one table', code: 'BZIP2_BAD_HUFFMAN', fields: { ...text(), tables: 1 } },
  { name: 'seven tables', code: 'BZIP2_BAD_HUFFMAN', fields: { ...text(), tables: 7 } },
  { name: 'no selectors', code: 'BZIP2_BAD_SELECTOR', fields: { ...text(), selectorCount: 0, selectors: '' } },
  {
    name: 'a selector of a third table',
    code: 'BZIP2_BAD_SELECTOR',
    fields: { ...text(), selectors: `110${text().selectors}` },
  },
  { name: 'a selector too few', code: 'BZIP2_BAD_SELECTOR', fields: surplusSelectors(text().selectorCount - 1) },
  { name: 'a code of no bits', code: 'BZIP2_BAD_HUFFMAN', fields: { ...text(), lengths: [[0], [1]] } },
  { name: 'a code of 21 bits', code: 'BZIP2_BAD_HUFFMAN', fields: { ...text(), lengths: [[20, 21], [1]] } },
  { name: 'bits that are no code', code: 'BZIP2_BAD_HUFFMAN', fields: noCode() },
  {
    name: 'a run of millions',
    code: 'BZIP2_BLOCK_OVERFLOW',
    fields: { ...text(), symbols: Array.from({ length: 25 }, () => 1) },
  },
  { name: 'two bytes too many for level 1', level: 1, code: 'BZIP2_BLOCK_OVERFLOW', fields: pairs(50_001) },
  { name: 'a byte too many for level 1', level: 1, code: 'BZIP2_BLOCK_OVERFLOW', fields: fewBytes(100_001).fields },
  { name: 'four equal bytes without a count', code: 'BZIP2_BAD_RUN', fields: withRuns('abbbb', 'abbbb') },
];

const long: { name: string; level?: number; make: () => { fields: BlockFields; decoded: Buffer } }[] = [
  { name: 'a full block of level 1 without runs', make: () => fewBytes(100_000) },
  { name: 'a full block of level 9 without runs', level: 9, make: () => withoutRuns(900_000) },
  ...[0, 1, 1023, 1024, 2047, 96 * 1024, 98_999].map((row) => ({
    name: `99,000 bytes from row ${row}`,
    make: () => fromRow(row),
  })),
  { name: 'a short text 33 times', make: () => repeated(noise(3000, 65, 40), 33) },
  { name: 'rows of equal distances that all come first', make: marksTogether },
];

function decodeBlock(decoder: BlockDecoder, input: Uint8Array, bit: number, level: number): Buffer {
  const { size } = decoder.decode(input, bit, level);
  const parts: Buffer[] = [];
  for (let slice = decoder.read(); slice !== null; slice = decoder.read()) parts.push(Buffer.from(slice));
  const bytes = Buffer.concat(parts);
  assert.equal(bytes.length, size);
  return bytes;
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof PermanentError, String(error));
    assert.match(error.place ?? '', /^bit \d+ \(byte \d+\)$/);
    return error.code;
  }
  return 'nothing thrown';
}

describe('BlockDecoder', () => {
  const decoder = new BlockDecoder();

  for (const { name, code, fields, level = 9 } of wrong) {
    it(`refuses ${name}`, () => {
      assert.equal(
        codeOf(() => decoder.decode(writeStream(level, [fields]), FIRST, level)),
        code,
      );
      assert.equal(decoder.read(), null);
    });
  }

  for (const { name, fields, decoded, level = 9 } of sound) {
    it(`decodes ${name}`, () => {
      assert.ok(decodeBlock(decoder, writeStream(level, [fields]), FIRST, level).equals(decoded));
    });
  }

  for (const { name, level = 1, make } of long) {
    it(`decodes ${name}`, function () {
      const { fields, decoded } = make();
      assert.ok(decodeBlock(decoder, writeStream(level, [fields]), FIRST, level).equals(decoded));
    });
  }

  for (const runs of [1, 4048, 4049, 13_897, 13_898, 13_899, 13_900, 30_000]) {
    it(`hands ${runs * 259} bytes out in slices`, () => {
      const { fields, decoded } = repeated(Buffer.from('xxxx\xff', 'latin1'), runs);
      const stream = writeStream(9, [{ ...fields, crc: crc32(Buffer.alloc(runs * 259, 'x')) }]);
      assert.equal(decoded.length, runs * 5);
      decoder.decode(stream, FIRST, 9);
      let left = runs * 259;
      for (let slice = decoder.read(); slice !== null; slice = decoder.read()) {
        assert.ok(slice.length > 0 && slice.length <= SLICE_BYTES);
        assert.ok(slice.every((byte) => byte === 120));
        left -= slice.length;
      }
      assert.equal(left, 0);
    });
  }

  it('agrees with libbz2 on all of these', function () {
    if (WITHOUT_LIBBZ2 !== null) {
      return this.skip(WITHOUT_LIBBZ2);
    }
    const answers = libbz2([...sound, ...wrong].map(({ fields, level = 9 }) => writeStream(level, [fields])));
    for (const [i, { name, decoded }] of sound.entries()) assert.ok(answers[i]?.equals(decoded), name);
    for (const [i, { name }] of wrong.entries()) assert.equal(answers[sound.length + i], null, name);
  });

  it('decodes at every bit offset, and ends at the right bit', () => {
    const bits = blockBits(text());
    for (let offset = 0; offset < 8; offset++) {
      const input = packBits('1'.repeat(offset) + bits + '1'.repeat(16));
      assert.equal(decoder.decode(input, offset, 9).endBit, offset + bits.length);
      assert.equal(
        codeOf(() => decoder.decode(input, offset + 1, 9)),
        'BZIP2_BAD_MAGIC',
      );
    }
  });

  it('says so when a block is cut at any bit, whatever lies behind the cut', () => {
    const bits = blockBits(text());
    const memory = new Uint8Array(bits.length);
    memory.fill(0xff);
    for (let cut = 0; cut < bits.length; cut += cut < 3000 ? 8 : 104) {
      memory.set(packBits(bits.slice(0, cut)));
      assert.equal(
        codeOf(() => decoder.decode(memory.subarray(0, cut / 8), 0, 9)),
        'BZIP2_TRUNCATED',
        `at bit ${cut}`,
      );
    }
  });

  it('takes no bits behind the cut for the end of the block', () => {
    for (let count = 1; count <= 16; count++) {
      // The end is the one code that begins with 0, and nothing but zeros lies behind the cut.
      const symbols = [...Array.from({ length: count }, () => 1), 2];
      const table = [2, 2, 1];
      const bits = blockBits({ ...withRuns('a', 'a'), lengths: [table, table], symbols });
      const cut = packBits(bits.slice(0, (bits.length - 1) & ~7));
      assert.equal(
        codeOf(() => decoder.decode(cut, 0, 9)),
        'BZIP2_TRUNCATED',
        `${count} symbols`,
      );
    }
  });

  it('gives positions in the whole input', () => {
    const stream = writeStream(9, [{ ...text(), crc: 1 }]);
    assert.throws(() => decoder.decode(stream, FIRST, 9, 2 ** 44), {
      place: `bit ${2 ** 44 + 32} (byte ${2 ** 41 + 4})`,
    });
  });

  it('gives up on lengths that walk to and fro for ever', () => {
    const head = `${blockBits({ ...text(), lengths: [], symbols: [] })}00101${'1011'.repeat(4)}`;
    const begin = packBits(head.slice(0, head.length - (head.length % 8)));
    const input = Buffer.concat([begin, Buffer.alloc(MAX_BLOCK_BYTES, begin.at(-1))]);
    assert.equal(
      codeOf(() => decoder.decode(input, 0, 9)),
      'BZIP2_BLOCK_TOO_LONG',
    );
  });
});
