import assert from 'node:assert/strict';
import { MemorySource } from '@wikifleet/testing/memory-source';
import { Random } from '@wikifleet/testing/random';
import { gzipSync } from 'node:zlib';
import { codeOf } from '@wikifleet/domain/errors';
import { gunzip } from './gunzip.js';

interface Unpacked {
  readonly bytes: Buffer;
  /** The code of what was thrown. */
  readonly error: string | null;
  readonly message: string;
  /** The longest that was handed out at once. */
  readonly longest: number;
}

async function unpack(packed: Uint8Array, chunkBytes = 64 * 1024): Promise<Unpacked> {
  const source = new MemorySource(packed, chunkBytes);
  const parts: Uint8Array[] = [];
  let error: string | null = null;
  let message = '';
  try {
    for await (const bytes of gunzip(source.read(0))) parts.push(Uint8Array.from(bytes));
  } catch (thrown) {
    error = codeOf(thrown);
    message = String(thrown);
  }
  assert.equal(source.open, 0);
  return { bytes: Buffer.concat(parts), error, message, longest: Math.max(0, ...parts.map(({ length }) => length)) };
}

const random = new Random(3);
const NOISE = Buffer.from(Array.from({ length: 90_000 }, () => random.below(256)));
const TEXT = Buffer.from('some text, and more of it. '.repeat(9000));

describe('gunzip', function () {
  const small = gzipSync('a few bytes');
  const failures: readonly [what: string, packed: Buffer, code: string][] = [
    ['garbage behind a member', Buffer.concat([small, Buffer.from('xx')]), 'GZIP_TRAILING_GARBAGE'],
    ['one byte of garbage', Buffer.concat([small, Buffer.from('x')]), 'GZIP_TRAILING_GARBAGE'],
    ['zeros behind a member', Buffer.concat([small, Buffer.alloc(100)]), 'GZIP_TRAILING_GARBAGE'],
    ['much garbage', Buffer.concat([small, NOISE]), 'GZIP_TRAILING_GARBAGE'],
    ['the first byte of a member', Buffer.concat([small, small.subarray(0, 1)]), 'GZIP_TRUNCATED'],
    ['half a member behind a whole one', Buffer.concat([small, small.subarray(0, -1)]), 'GZIP_TRUNCATED'],
    [
      'a wrong checksum',
      Buffer.from(small.map((byte, i) => (i === small.length - 8 ? byte ^ 1 : byte))),
      'GZIP_CORRUPT',
    ],
    ['a wrong length', Buffer.from(small.map((byte, i) => (i === small.length - 1 ? byte ^ 1 : byte))), 'GZIP_CORRUPT'],
    ['a wrong method', Buffer.from(small.map((byte, i) => (i === 2 ? 7 : byte))), 'GZIP_CORRUPT'],
    ['the two magic bytes alone', small.subarray(0, 2), 'GZIP_TRUNCATED'],
  ];
  for (const [what, packed, code] of failures) {
    for (const chunkBytes of [1, 7, 64 * 1024]) {
      it(`throws ${code} for ${what}, in chunks of ${chunkBytes}`, async () => {
        const { error, message } = await unpack(packed, chunkBytes);
        assert.equal(error, code, message);
        assert.match(message, /gzip, bytes? \d+( to \d+)?: expected .+, received /);
      });
    }
  }

  for (const [what, behind] of [
    ['garbage', Buffer.from('xx')],
    ['zeros', Buffer.alloc(30)],
    ['a damaged member', Buffer.from(gzipSync(NOISE).map((byte, i) => (i === 2 ? 9 : byte)))],
  ] as const) {
    it(`hands out all of the members before ${what}`, async () => {
      for (const text of [Buffer.from('a few bytes'), TEXT, NOISE]) {
        const packed = Buffer.concat([gzipSync(text), gzipSync(text), behind]);
        const { bytes, error } = await unpack(packed);
        assert.match(error ?? '', /^GZIP_/);
        assert.ok(bytes.equals(Buffer.concat([text, text])));
      }
    });
  }

  it('reads headers with a name, a comment, other fields and a checksum', async () => {
    const data = gzipSync(TEXT).subarray(10);
    const header = Buffer.from([0x1f, 0x8b, 8, 2 + 4 + 8 + 16, 0, 0, 0, 0, 0, 3]);
    const packed = Buffer.concat([
      header,
      Buffer.from([3, 0, 1, 2, 3]),
      Buffer.from('name\0comment\0'),
      Buffer.alloc(2),
      data,
    ]);
    for (const chunkBytes of [1, 1000]) {
      const { bytes, error } = await unpack(Buffer.concat([packed, packed]), chunkBytes);
      assert.equal(error, null);
      assert.ok(bytes.equals(Buffer.concat([TEXT, TEXT])));
    }
  });

  it('throws for a file that is cut anywhere, after what was whole', async () => {
    const packed = gzipSync(TEXT);
    for (let end = 1; end < packed.length; end += 1) {
      const { bytes, error } = await unpack(packed.subarray(0, end));
      assert.equal(error, 'GZIP_TRUNCATED', `${end} bytes`);
      assert.ok(TEXT.subarray(0, bytes.length).equals(bytes));
    }
  });

  it('throws for a flipped bit anywhere, or gives the same bytes', async () => {
    const packed = gzipSync(TEXT);
    for (let bit = 0; bit < packed.length * 8; bit += 3) {
      const broken = Buffer.from(packed);
      broken[bit >> 3] = (broken[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const { bytes, error } = await unpack(broken);
      // flags, time and system of the header may be any
      assert.ok(error !== null || bytes.equals(TEXT), `bit ${bit}`);
    }
  });

  it('unpacks members that end at, before and behind every border of a slice', async () => {
    // a member that is not compressed: its length is known
    for (let off = -25; off <= 25; off += 1) {
      const first = NOISE.subarray(0, 16 * 1024 - 28 + off);
      const packed = Buffer.concat([gzipSync(first, { level: 0 }), gzipSync(TEXT), gzipSync(''), gzipSync(NOISE)]);
      const { bytes, error } = await unpack(packed);
      assert.equal(error, null);
      assert.ok(bytes.equals(Buffer.concat([first, TEXT, NOISE])), String(off));
    }
  });

  it('unpacks thousands of members, in chunks of any size', async () => {
    const packed = Buffer.concat(Array.from({ length: 3000 }, (_, i) => gzipSync(`member ${i};`)));
    const expected = Array.from({ length: 3000 }, (_, i) => `member ${i};`).join('');
    for (const chunkBytes of [1, 7, 1000, 1024 * 1024]) {
      assert.equal((await unpack(packed, chunkBytes)).bytes.toString(), expected);
    }
  });

  it('of an empty member gives nothing', async () => {
    assert.deepEqual(await unpack(gzipSync('')), { bytes: Buffer.alloc(0), error: null, message: '', longest: 0 });
  });

  it('hands out what expands a thousandfold piece by piece', async () => {
    const { bytes, longest } = await unpack(gzipSync(Buffer.alloc(200_000_000)));
    assert.equal(bytes.length, 200_000_000);
    assert.ok(longest <= 16 * 1024 * 1024, `${longest} at once`);
  });

  it('ends when its reader does, in mid-file', async () => {
    const source = new MemorySource(gzipSync(NOISE), 1000);
    for await (const _ of gunzip(source.read(0))) break;
    assert.equal(source.open, 0);
  });
});
