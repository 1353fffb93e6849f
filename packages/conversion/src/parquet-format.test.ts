import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as zlib from 'node:zlib';
import { PermanentError } from '@wikifleet/domain/errors';
import { COMPRESSIONS_OF } from '@wikifleet/domain/plan';
import type { Compression } from '@wikifleet/domain/plan';
import type { Member } from '@wikifleet/domain/receipts';
import { NO_OPTIONAL_COLUMNS, ROW_COLUMNS } from '@wikifleet/domain/row-columns';
import { encodeValues } from '@wikifleet/domain/row-values';
import type { Values } from '@wikifleet/domain/row-values';
import type { RowChunk } from '@wikifleet/mediawiki/page-converter';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import type { FileMetaData } from 'hyparquet';
import { ROW_GROUP_BYTES } from '@wikifleet/parquet/row-group-encoder';
import { openBlockPool } from './block-pool.js';
import { MemberWriter } from './member-writer.js';
import { ParquetFormat } from './parquet-format.js';

const HAS_ZSTD = typeof zlib.zstdCompress === 'function';
const COMPRESSIONS = COMPRESSIONS_OF.parquet.filter((compression) => compression !== 'zstd' || HAS_ZSTD);

const SLOT = {
  content_body: 'text' as string | null,
  content_format: null,
  content_model: null,
  content_sha1: null,
  content_size: null as number | null,
  origin_rev_id: null as number | null,
};
const ROW = {
  wiki_id: 'testwiki',
  page_id: 1,
  page_namespace_id: null as number | null,
  page_title: 'Title',
  page_redirect_target: null as string | null,
  user_id: null as number | null,
  user_text: null as string | null,
  user_is_visible: false,
  revision_id: 2,
  revision_parent_id: null as number | null,
  revision_dt: '2001-01-15T13:15:00Z',
  revision_is_minor_edit: false,
  revision_comment: null as string | null,
  revision_comment_is_visible: false,
  revision_sha1: null as string | null,
  revision_size: null as number | null,
  revision_content_slots: { main: SLOT } as Record<string, typeof SLOT>,
  revision_content_is_visible: true,
};
type Row = typeof ROW;

/** Rows as a converter gives them, of one page. */
function chunkOf(rows: readonly object[]): RowChunk {
  const lines = rows.map((row) => encodeValues(ROW_COLUMNS, row as Values));
  let end = 0;
  const ends = lines.map(({ length }) => (end += length));
  const pages = [{ id: 1, title: 'Title', rows: rows.length }];
  return { bytes: Buffer.concat(lines), rows: rows.length, ends, firstPageId: 1, lastPageId: 1, pages };
}

interface Written {
  readonly bytes: Buffer;
  readonly members: readonly Member[];
}

async function written(chunks: Iterable<RowChunk>, compression: Compression = 'gzip'): Promise<Written> {
  const pieces: Uint8Array[] = [];
  const write = async (bytes: Uint8Array): Promise<void> => void (await Promise.resolve(pieces.push(bytes)));
  const format = new ParquetFormat(compression, NO_OPTIONAL_COLUMNS);
  const writer = new MemberWriter({ write }, format, openBlockPool(1));
  for (const chunk of chunks) await writer.add(chunk);
  await writer.finish();
  return { bytes: Buffer.concat([...pieces, format.end()]), members: writer.members };
}

function metadataOf(bytes: Buffer): FileMetaData {
  return parquetMetadata(Uint8Array.from(bytes).buffer);
}

/** Rows as another reader has them, integers as numbers. */
async function rowsOf(bytes: Buffer): Promise<unknown> {
  const file = Uint8Array.from(bytes).buffer;
  const compressors = {
    GZIP: (page: Uint8Array) => zlib.gunzipSync(page),
    ...(HAS_ZSTD ? { ZSTD: (page: Uint8Array) => zlib.zstdDecompressSync(page) } : {}),
  };
  const rows: unknown = await parquetReadObjects({ file, compressors });
  return JSON.parse(JSON.stringify(rows, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)));
}

const other = (change: Partial<Row>): Row => ({ ...ROW, ...change });
const ODD: readonly [what: string, rows: readonly Row[]][] = [
  ['null in every column that may be null', [ROW]],
  ['a null and a value, a value and a null', [ROW, other({ user_id: 3, revision_comment: '' }), ROW]],
  [
    'empty texts',
    [
      other({
        wiki_id: '',
        page_title: '',
        page_redirect_target: '',
        revision_dt: '',
        revision_content_slots: { main: { ...SLOT, content_body: '' } },
      }),
    ],
  ],
  [
    'every plane, and what JSON escapes',
    [other({ page_title: '\ud83d\udc18 \uffff \u0000 "\\ud800" \u2028', revision_comment: 'é\t\n'.repeat(5) })],
  ],
  [
    'the largest integers, and a sum beyond 2^53',
    [other({ page_id: 999_999_999_999_999, user_id: -999_999_999_999_999, revision_size: 2 ** 53 + 2 })],
  ],
  [
    'slots of other roles',
    [
      other({ revision_content_slots: { main: SLOT, mediainfo: { ...SLOT, content_size: 0 }, constructor: SLOT } }),
      ROW,
    ],
  ],
  ['rows that are all the same', Array.from({ length: 3000 }, () => ROW)],
  [
    'many pages of a column',
    Array.from({ length: 9 }, (_, i) =>
      other({ revision_id: i, revision_content_slots: { main: { ...SLOT, content_body: String(i).repeat(300_000) } } }),
    ),
  ],
];

describe('Parquet', function () {
  this.timeout(120_000);

  const whole = encodeValues(ROW_COLUMNS, ROW);
  const unfit: [what: string, rows: Buffer, message: RegExp][] = [
    ['a row that is cut', whole.subarray(0, -1), /row 0 of its row group/],
    ['a row behind which bytes are left', Buffer.concat([whole, whole.subarray(0, 9)]), /row 1 of its row group/],
    ['null for what is always there', Buffer.concat([Buffer.alloc(4, 0xff), whole]), /wiki_id: expected a value/],
  ];
  for (const [what, rows, message] of unfit)
    it(`refuses ${what}`, async () => {
      const format = new ParquetFormat('none', NO_OPTIONAL_COLUMNS);
      const memory = Buffer.allocUnsafeSlow(rows.length);
      memory.set(rows);
      await assert.rejects(format.encode(memory, openBlockPool(1)), (error) => {
        assert.ok(error instanceof PermanentError && error.code === 'ROW_UNFIT');
        assert.match(error.message, message);
        return true;
      });
    });

  for (const compression of COMPRESSIONS)
    for (const [what, rows] of ODD)
      it(`holds ${what}: ${compression}`, async () => {
        const { bytes, members } = await written([chunkOf(rows)], compression);
        assert.deepEqual(await rowsOf(bytes), rows);
        assert.equal(members.length, 1);
      });

  it('without a row is a whole file', async () => {
    const { bytes, members } = await written([]);
    assert.deepEqual(members, []);
    assert.deepEqual([bytes.subarray(0, 4).toString(), bytes.subarray(-4).toString()], ['PAR1', 'PAR1']);
    assert.deepEqual(await rowsOf(bytes), []);
    assert.equal(metadataOf(bytes).num_rows, 0n);
  });

  it('cuts row groups by the rows alone, and the footer has them where the members are', async () => {
    const rows = Array.from({ length: 260 }, (_, i) =>
      other({ revision_id: i, revision_content_slots: { main: { ...SLOT, content_body: `${i} `.repeat(40_000) } } }),
    );
    const one = await written([chunkOf(rows)]);
    const many = await written(rows.map((row) => chunkOf([row])));
    assert.ok(one.bytes.equals(many.bytes));
    assert.deepEqual(one.members, many.members);
    assert.deepEqual(await rowsOf(one.bytes), rows);
    const { row_groups: groups, created_by: by } = metadataOf(one.bytes);
    assert.ok(groups.length > 2 && by === 'wikifleet version 1.0.0');
    let end = 4;
    const placed = groups.map((group) => {
      const { dictionary_page_offset: dictionary, data_page_offset: data } = group.columns[0]!.meta_data!;
      const [offset, length] = [Number(dictionary ?? data), Number(group.total_compressed_size)];
      assert.equal(offset, end);
      end += length;
      return { offset, length, rows: Number(group.num_rows), firstPageId: 1, lastPageId: 1 };
    });
    assert.deepEqual(placed, one.members);
    // nothing about when, where or by whom
    assert.equal(metadataOf(one.bytes).key_value_metadata, undefined);
  });

  it('makes a row group of a row that is larger than one', async () => {
    const text = 'aé\n'.repeat(25_000_000);
    const large = other({ revision_content_slots: { main: { ...SLOT, content_body: text } } });
    const { bytes, members } = await written([chunkOf([ROW]), chunkOf([large]), chunkOf([ROW])], 'none');
    assert.deepEqual(
      members.map(({ rows }) => rows),
      [2, 1],
    );
    const [, row] = (await rowsOf(bytes)) as readonly Row[];
    assert.ok(row?.revision_content_slots['main']?.content_body === text);
  });

  it('holds a row group, and of those that are written what the footer says', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    // buffers are freed a turn after they are collected
    const held = async (): Promise<number> => {
      for (let round = 0; round < 2; round += 1) {
        collect();
        await new Promise(setImmediate);
      }
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    const before = await held();
    const sizes: number[] = [];
    const write = async (): Promise<void> => {
      sizes.push((await held()) - before);
    };
    const writer = new MemberWriter({ write }, new ParquetFormat('none', NO_OPTIONAL_COLUMNS), openBlockPool(1));
    const groups = 10;
    const chunk = chunkOf(
      Array.from({ length: 1000 }, (_, i) => other({ revision_id: i, revision_comment: 'x'.repeat(i) })),
    );
    let rows = 0;
    for (let bytes = 0; bytes < groups * ROW_GROUP_BYTES; bytes += chunk.bytes.length) {
      await writer.add(chunk);
      rows += chunk.rows;
    }
    assert.ok(
      rows > 100_000 && writer.members.length >= groups - 1,
      `${rows} rows, ${writer.members.length} row groups`,
    );
    const middle = sizes.length / 2;
    const grown = Math.min(...sizes.slice(middle)) - Math.min(...sizes.slice(0, middle));
    assert.ok(grown < 64 * 1024 * middle, `${grown} bytes more after ${sizes.length} row groups`);
    assert.ok(Math.max(...sizes) < 8 * ROW_GROUP_BYTES, `${Math.max(...sizes)} bytes`);
  });
});
