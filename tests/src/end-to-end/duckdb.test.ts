import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { FIXTURES, ROOT, inFolder, run } from './programs.js';

describe('DuckDB', function () {
  this.timeout(60_000);

  it('runs the printed query over the rows, and reads a text out of a slot', async () => {
    await inFolder(async (out) => {
      const from = join(FIXTURES, 'dumps');
      const { stdout } = await run('local/dist/start.js', ['--from', from, '--out', out, '--split-bytes', '20000']);
      const sql = /^ {2}duckdb -c "(.*)"$/m.exec(stdout)?.[1];
      assert.notEqual(sql, undefined, stdout);
      // a path is printed as it is typed from here
      const query = (sql ?? '').replace("read_json('", `read_json('${(sql ?? '').includes("json('/") ? '' : ROOT}`);
      const longest = await longestRow(join(from, 'aawiki-20260101-pages-meta-current.xml.bz2'));
      const instance = await DuckDBInstance.create();
      const connection = await instance.connect();
      try {
        const counted = (await connection.runAndReadAll(query)).getRowObjectsJson();
        const rows = counted.reduce((sum, row) => sum + Number(row['rows']), 0);
        assert.ok(counted.length > 1 && rows > 0, JSON.stringify(counted));
        const all = `${out}/rows/kind=articles/wiki_id=aawiki/*/*/*.jsonl.gz`;
        const reader = await connection.runAndReadAll(
          `SELECT count(*) AS n, count(revision_content_slots.main.content_body) AS texts, min(wiki_id) AS wiki FROM read_json('${all}')`,
        );
        assert.deepEqual(reader.getRowObjectsJson(), [{ n: '507', texts: '507', wiki: 'aawiki' }]);
        const text = await connection.runAndReadAll(
          `SELECT revision_content_slots.main.content_body AS text FROM read_json('${all}') WHERE revision_id = ${longest.revision_id}`,
        );
        assert.deepEqual(text.getRowObjectsJson(), [{ text: longest.revision_content_slots.main.content_body }]);
      } finally {
        connection.closeSync();
        instance.closeSync();
      }
    });
  });
});

interface Row {
  readonly revision_id: number;
  readonly revision_size: number;
  readonly revision_content_slots: { readonly main: { readonly content_body: string } };
}

/** As a conversion without a queue has it. */
async function longestRow(dump: string): Promise<Row> {
  const { stdout } = await run('local/dist/convert.js', [dump]);
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
  return rows.reduce((longest, row) => (row.revision_size > longest.revision_size ? row : longest));
}
