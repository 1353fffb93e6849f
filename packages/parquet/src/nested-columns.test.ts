import assert from 'node:assert/strict';
import type { Field } from '@wikifleet/domain/row-columns';
import { ValueReader, encodeValues } from '@wikifleet/domain/row-values';
import type { Values } from '@wikifleet/domain/row-values';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { FooterWriter } from './footer.js';
import { RowGroupEncoder } from './row-group-encoder.js';
import { MAGIC } from './schema.js';

const field = (id: number, name: string, type: Field['type'], nullable = false): Field => ({
  name,
  id,
  nullable,
  type,
});
const COLUMNS: readonly Field[] = [
  field(1, 'id', 'integer'),
  field(
    2,
    'sections',
    { list: field(3, 'element', { struct: [field(4, 'title', 'string', true), field(5, 'level', 'integer')] }) },
    true,
  ),
  field(6, 'links', { list: field(7, 'element', 'string') }),
  field(8, 'counts', {
    map: { key: field(9, 'key', 'string'), value: field(10, 'value', { list: field(11, 'element', 'boolean', true) }) },
  }),
];

const ROWS: readonly Values[] = [
  { id: 1, sections: null, links: [], counts: {} },
  { id: 2, sections: [], links: ['a'], counts: { x: [] } },
  { id: 3, sections: [{ title: null, level: 2 }], links: ['a', 'b', 'a'], counts: { x: [true, null], y: [false] } },
  {
    id: -4,
    sections: [
      { title: 'é', level: 2 },
      { title: '', level: 3 },
    ],
    links: [],
    counts: {},
  },
];

/** A file of these rows, a list of them a row group. */
function fileOf(groups: readonly (readonly Values[])[]): Buffer {
  const encoder = new RowGroupEncoder('snappy', COLUMNS);
  const footer = new FooterWriter('snappy', COLUMNS);
  const parts: Uint8Array[] = [Buffer.from(MAGIC)];
  let at = MAGIC.length;
  for (const rows of groups) {
    const { bytes, ...facts } = encoder.encode(Buffer.concat(rows.map((row) => encodeValues(COLUMNS, row))));
    footer.add(facts, at);
    at += bytes.length;
    parts.push(bytes);
  }
  return Buffer.concat([...parts, footer.end()]);
}

async function rowsOf(file: Buffer): Promise<unknown> {
  const rows = await parquetReadObjects({ file: Uint8Array.from(file).buffer });
  const text = JSON.stringify(rows, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value));
  // hyparquet has no key for a list that is null
  return (JSON.parse(text) as object[]).map((row) => ({ sections: null, ...row }));
}

describe('columns of lists and maps', () => {
  it('are read as they were written: null, empty, and lists in maps', async () => {
    assert.deepEqual(await rowsOf(fileOf([ROWS, ROWS.slice(2)])), [...ROWS, ...ROWS.slice(2)]);
  });

  it('have pages that begin with a row, however many entries it has', async () => {
    const long = Array.from({ length: 40 }, (_, i) => ({
      id: i,
      sections: null,
      links: Array.from({ length: 3000 }, (__, at) => `link ${i} to ${at * at}`),
      counts: {},
    }));
    const file = fileOf([long]);
    assert.deepEqual(await rowsOf(file), long);
    const { row_groups: groups } = parquetMetadata(Uint8Array.from(file).buffer);
    const stats = groups[0]?.columns[3]?.meta_data?.encoding_stats ?? [];
    assert.ok(stats.reduce((sum, { count }) => sum + count, 0) > 2, JSON.stringify(stats));
  });

  it('are read back as values', () => {
    for (const row of ROWS) assert.deepEqual(new ValueReader(encodeValues(COLUMNS, row)).read(COLUMNS), row);
  });
});
