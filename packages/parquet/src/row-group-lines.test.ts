import assert from 'node:assert/strict';
import { LONG_TESTS } from '@wikifleet/testing/extent';
import * as zlib from 'node:zlib';
import { COMPRESSIONS_OF } from '@wikifleet/domain/plan';
import type { Compression } from '@wikifleet/domain/plan';
import { NO_OPTIONAL_COLUMNS, rowColumns } from '@wikifleet/domain/row-columns';
import type { ColumnChoice } from '@wikifleet/domain/row-columns';
import { encodeValues } from '@wikifleet/domain/row-values';
import type { Values } from '@wikifleet/domain/row-values';
import { RowGroupEncoder } from './row-group-encoder.js';
import { MAX_GROUP_BYTES, MAX_VALUES, linesOfRowGroup } from './row-group-lines.js';

const HAS_ZSTD = typeof zlib.zstdCompress === 'function';
const COMPRESSIONS = COMPRESSIONS_OF.parquet.filter((compression) => compression !== 'zstd' || HAS_ZSTD);
const SLOT = {
  content_body: 'x'.repeat(100),
  content_format: null,
  content_model: null,
  content_sha1: null,
  content_size: null,
  origin_rev_id: null,
};
const PLAIN = {
  wiki_id: 'aawiki',
  page_id: 1,
  page_namespace_id: null,
  page_title: 'Page 1',
  page_redirect_target: null,
  user_id: null,
  user_text: null,
  user_is_visible: false,
  revision_id: 2,
  revision_parent_id: null,
  revision_dt: '2026-01-01T00:00:00Z',
  revision_is_minor_edit: false,
  revision_comment: null,
  revision_comment_is_visible: false,
  revision_sha1: null,
  revision_size: null,
  revision_content_slots: { main: SLOT },
  revision_content_is_visible: true,
};

const line = (change: object): Buffer => Buffer.from(`${JSON.stringify({ ...PLAIN, ...change })}\n`);
const slots = (slots: object): Buffer => line({ revision_content_slots: slots });

const ODD: readonly [what: string, lines: readonly Buffer[]][] = [
  ['null wherever it may be', [line({})]],
  [
    'a null and a value, a value and a null',
    [line({ user_id: 3, revision_comment: '' }), line({}), line({ user_id: 4 })],
  ],
  ['empty texts', [line({ page_title: '', page_redirect_target: '' }), slots({ main: { ...SLOT, content_body: '' } })]],
  [
    'texts that begin with a mark of byte order',
    [
      line({ revision_comment: '\ufeffx', user_text: '\ufeff' }),
      slots({ main: { ...SLOT, content_body: '\ufeff\ufeff' } }),
    ],
  ],
  [
    'every plane, and what JSON escapes',
    [line({ page_title: '\ud83d\udc18 \uffff \u0000 "\\ud800" \u2028\u007f', revision_comment: 'é\t\n\\'.repeat(5) })],
  ],
  [
    'the largest integers, and sums beyond 2^53',
    [
      line({ page_id: 999_999_999_999_999, user_id: -999_999_999_999_999, revision_size: 2 ** 53 + 2 }),
      line({ revision_size: 2 ** 62 }),
    ],
  ],
  [
    'slots of other roles, in their order',
    [
      slots({ main: SLOT, zeta: SLOT, mediainfo: { ...SLOT, content_size: 0, content_body: '{}' }, constructor: SLOT }),
      line({}),
      slots({ main: SLOT, alpha: { ...SLOT, origin_rev_id: 7 } }),
    ],
  ],
  ['rows that are all the same', Array.from({ length: 3000 }, () => line({}))],
  [
    'flags that differ',
    Array.from({ length: 99 }, (_, i) => line({ revision_is_minor_edit: i % 3 === 0, user_id: i })),
  ],
  [
    'many pages of a column, of a dictionary too',
    Array.from({ length: 4000 }, (_, i) =>
      line({
        revision_id: i,
        user_text: `user ${i % 700}`,
        revision_content_slots: { main: { ...SLOT, content_body: `${i}`.repeat(300) } },
      }),
    ),
  ],
];

function groupOf(lines: readonly Buffer[], compression: Compression, choice = NO_OPTIONAL_COLUMNS): Buffer {
  const columns = rowColumns(choice);
  const rows = lines.map((row) => encodeValues(columns, JSON.parse(row.toString()) as Values));
  return Buffer.from(new RowGroupEncoder(compression, columns).encode(Buffer.concat(rows)).bytes);
}

async function read(
  bytes: Uint8Array,
  rows: number,
  compression: Compression,
  choice: ColumnChoice = NO_OPTIONAL_COLUMNS,
): Promise<Iterable<Buffer>> {
  return await linesOfRowGroup(bytes, rows, compression, choice);
}

describe('the lines of a row group', function () {
  for (const compression of COMPRESSIONS) {
    for (const [what, lines] of ODD)
      it(`are the bytes that were encoded: ${what}: ${compression}`, async () => {
        const received = [...(await read(groupOf(lines, compression), lines.length, compression))];
        assert.ok(Buffer.concat(received).equals(Buffer.concat(lines)));
        assert.equal(received.length, lines.length);
      });

    it(`have plain_text where the run has it: ${compression}`, async () => {
      const lines = [line({ plain_text: 'a b' }), line({ plain_text: null })];
      const choice = { ...NO_OPTIONAL_COLUMNS, extract: ['plain_text'] } as const;
      const group = groupOf(lines, compression, choice);
      const received = [...(await read(group, 2, compression, choice))];
      assert.ok(Buffer.concat(received).equals(Buffer.concat(lines)));
      await assert.rejects(read(group, 2, compression), /expected 24 columns, received more/);
    });

    it(`are those of each row group of an encoder: ${compression}`, async () => {
      const columns = rowColumns(NO_OPTIONAL_COLUMNS);
      const encoder = new RowGroupEncoder(compression, columns);
      for (const [, lines] of ODD) {
        const rows = lines.map((row) => encodeValues(columns, JSON.parse(row.toString()) as Values));
        const { bytes } = encoder.encode(Buffer.concat(rows));
        assert.ok(groupOf(lines, compression).equals(bytes));
        assert.ok(Buffer.concat([...(await read(bytes, lines.length, compression))]).equals(Buffer.concat(lines)));
      }
    });

    it(`are whole, or none, with any byte changed: ${compression}`, async () => {
      const lines = [line({ user_id: 3 }), line({ user_id: 4, revision_comment: 'a'.repeat(50) }), line({})];
      const bytes = groupOf(lines, compression);
      let thrown = 0;
      for (let at = 0; at < bytes.length; at += 1)
        for (const mask of LONG_TESTS ? [0x01, 0x80, 0xff] : [at % 2 === 0 ? 0xff : 0x01]) {
          const changed = Buffer.from(bytes);
          changed[at]! ^= mask;
          try {
            const received = [...(await read(changed, lines.length, compression))];
            assert.equal(received.length, lines.length);
          } catch (error) {
            assert.ok(error instanceof Error && !(error instanceof assert.AssertionError), String(error));
            thrown += 1;
          }
        }
      // what is left are the values themselves, where no checksum holds them
      assert.ok(thrown > bytes.length / 3, `${thrown} of ${bytes.length}`);
    });
  }

  const LINES = [line({ user_id: 3 }), line({ user_id: 4 })];
  /** A data page (version 2) of the first column: what a column may have in it, and its header says. */
  const page = (values: Buffer, { count = 2, encoding = 0, size = values.length } = {}): Buffer => {
    const int = (n: number): number[] => (n < 64 ? [2 * n] : [((2 * n) & 127) | 128, ...varint(n >> 6)]);
    const data = [0x15, ...int(count), 0x15, 0, 0x15, ...int(count), 0x15, ...int(encoding), 0x15, 0, 0x15, 0, 0];
    return Buffer.from([0x15, 6, 0x15, ...int(size), 0x15, ...int(values.length), 0x5c, ...data, 0, ...values]);
  };
  const varint = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...varint(n >>> 7)]);
  const runs = (...bytes: readonly number[]): Buffer => Buffer.from(bytes);
  const BOMBS: readonly [what: string, bytes: Buffer, rows: number, compression: Compression, message: RegExp][] = [
    ['more bytes than a row group has', Buffer.alloc(MAX_GROUP_BYTES + 1), 2, 'none', /at most 134217728 bytes/],
    ['more rows than fit', Buffer.alloc(100), 2 ** 40, 'none', /at most 134217728 bytes and 65536 rows/],
    ['nothing in it', Buffer.alloc(0), 2, 'none', /expected the end of a struct within 0 bytes/],
    [
      'a number without an end',
      Buffer.alloc(1 << 20, 0xff).fill(0x15, 0, 1),
      2,
      'none',
      /a number of at most 10 bytes/,
    ],
    ['a list of 2^27', Buffer.from([0x19, 0xf9, 0xff, 0xff, 0xff, 0x3f, 0]), 2, 'none', /received 134217727 elements/],
    ['a list of lists', Buffer.from([0x19, 0x29, 0x19, 0x15, 0]), 2, 'none', /no list of lists/],
    ['structs in structs', Buffer.alloc(1 << 20, 0x1c), 2, 'none', /at most 8 levels/],
    ['a run of 2^27 values', page(runs(1, 0xfe, 0xff, 0xff, 0x7f, 0), { encoding: 8 }), 2, 'none', /a run of 2 values/],
    ['a run of none', page(runs(1, 0, 0), { encoding: 8 }), 2, 'none', /a run of 2 values/],
    ['indexes of 32 bits', page(runs(32, 3), { encoding: 8 }), 2, 'none', /of 32 bits/],
    ['runs without bits', page(runs(0, 2, 0xfe, 0xff, 0xff, 0x7f), { encoding: 8 }), 2, 'none', /values of 0 bits/],
    ['a run without an end', page(runs(1), { encoding: 8 }), 2, 'none', /expected 2 values, received 0/],
    ['an encoding of others', page(runs(1), { encoding: 5 }), 2, 'none', /an encoding of ours, received 5/],
    ['a text that goes beyond its page', page(runs(9, 0, 0, 0, 65), { count: 1 }), 1, 'none', /1 values in 13 bytes/],
    ['snappy that goes back', page(runs(5, 0xfc, 0xfa, 0xff, 0xff, 0xff), { size: 5 }), 2, 'snappy', /received more/],
    [
      'snappy of another size',
      page(runs(6, 0, 65), { size: 5 }),
      2,
      'snappy',
      /expected 5 bytes behind snappy, received 6/,
    ],
    [
      'gzip of more than it says',
      page(zlib.gzipSync(Buffer.alloc(1 << 24)), { size: 9 }),
      2,
      'gzip',
      /larger than 9 bytes/,
    ],
  ];
  for (const [what, bytes, rows, compression, message] of BOMBS)
    it(`are none, at once, of ${what}`, async () => {
      const before = process.memoryUsage().arrayBuffers;
      await assert.rejects(read(bytes, rows, compression), message);
      assert.ok(process.memoryUsage().arrayBuffers - before < 1 << 26);
    });

  it('are none of other columns or other rows', async () => {
    const bytes = groupOf(LINES, 'none');
    await assert.rejects(read(Buffer.concat([bytes, bytes]), 2, 'none'), /expected 24 columns, received more/);
    await assert.rejects(read(page(runs(0, 0, 0, 0, 0, 0, 0, 0)), 2, 'none'), /24 columns, received 1/);
    await assert.rejects(read(bytes, 1, 'none'), /column 0: expected 1 rows, received 2/);
    await assert.rejects(read(bytes, 3, 'none'), RangeError);
  });

  /** The row group of a row of which bytes were changed before they were encoded: its CRCs are right. */
  const groupOfChanged = (row: object, change: (values: Buffer) => void): Uint8Array => {
    const columns = rowColumns(NO_OPTIONAL_COLUMNS);
    const values = encodeValues(columns, { ...PLAIN, ...row });
    change(values);
    return new RowGroupEncoder('none', columns).encode(values).bytes;
  };

  it('are none of text that is no UTF-8', async () => {
    const bytes = groupOfChanged({ user_text: 'aébc' }, (values) => {
      values[values.indexOf('aébc') + 1] = 0xff;
    });
    await assert.rejects(read(bytes, 1, 'none'), { code: 'ERR_ENCODING_INVALID_ENCODED_DATA' });
  });

  it('are none of slots without main, or with a role twice', async () => {
    for (const role of ['more', 'mann']) {
      const bytes = groupOfChanged({ revision_content_slots: { main: SLOT, more: SLOT } }, (values) => {
        values.write(role, values.indexOf('main'));
      });
      const lines = await read(bytes, 1, 'none');
      assert.throws(() => [...lines], /expected main and other roles/);
    }
  });

  it('are none of pages whose bytes changed', async () => {
    const bytes = groupOf([line({ user_text: 'aébc' })], 'none');
    bytes[bytes.indexOf('aébc')] = 0x62;
    await assert.rejects(read(bytes, 1, 'none'), /page at byte \d+: its bytes do not have the CRC of its header/);
  });

  it('take bounded memory, however many rows a few bytes claim', async () => {
    const row = line({});
    for (const rows of [65_536, 65_537]) {
      const bytes = groupOf(
        Array.from({ length: rows }, () => row),
        'snappy',
      );
      assert.ok(bytes.length < 10_000);
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      if (rows > 65_536) await assert.rejects(read(bytes, rows, 'snappy'), /65536 rows/);
      else await read(bytes, rows, 'snappy');
      const after = process.memoryUsage();
      assert.ok(after.heapUsed + after.arrayBuffers - heapUsed - arrayBuffers < 256 * 1024 * 1024);
    }
  });

  it('are none of more slots than fit', async () => {
    const columns = rowColumns(NO_OPTIONAL_COLUMNS);
    const empty = { ...SLOT, content_body: null };
    const one = encodeValues(columns, { ...PLAIN, revision_content_slots: { main: empty } });
    const at = one.indexOf('main') - 4;
    const slot = one.subarray(at, -1);
    const count = MAX_VALUES + 1;
    const values = Buffer.concat([one.subarray(0, at), Buffer.alloc(count * slot.length, slot), one.subarray(-1)]);
    values.writeUInt32LE(count, at - 4);
    const { bytes } = new RowGroupEncoder('snappy', columns).encode(values);
    await assert.rejects(read(bytes, 1, 'snappy'), /1500000 values a column/);
  });

  it('hold a revision of 64 MiB and what came before it', async () => {
    const large = slots({ main: { ...SLOT, content_body: '\n"'.repeat(32 * 1024 * 1024) } });
    const lines = [...Array.from({ length: 30_000 }, (_, i) => line({ revision_id: i })), large];
    const bytes = groupOf(lines, 'snappy');
    let at = 0;
    for (const received of await read(bytes, lines.length, 'snappy')) {
      assert.ok(received.equals(lines[at]!));
      at += 1;
    }
    assert.equal(at, lines.length);
  });
});
