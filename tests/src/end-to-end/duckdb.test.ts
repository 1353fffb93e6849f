import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { TEXT_COLUMNS } from '@wikifleet/domain/text-columns';
import { FIXTURES, ROOT, inFolder, run } from './programs.js';

describe('DuckDB', function () {
  this.timeout(60_000);

  it('reads rows with and without columns of texts by the published macros', async () => {
    await inFolder(async (folder) => {
      const dump = join(FIXTURES, 'dumps', 'pages-articles-p2566p2583.multistream.xml.bz2');
      for (const [name, flags] of [
        ['bare', []],
        ['plain', ['--extract', TEXT_COLUMNS.join(',')]],
      ] as const) {
        const ended = await run('wikifleet/dist/convert.js', [dump, '--out', join(folder, `${name}.jsonl`), ...flags]);
        assert.equal(ended.code, 0, ended.stderr);
      }
      const instance = await DuckDBInstance.create();
      const connection = await instance.connect();
      const ask = async (sql: string): Promise<unknown> => (await connection.runAndReadAll(sql)).getRowObjectsJson();
      try {
        await connection.run(await readFile(join(ROOT, 'schema', 'row.duckdb.sql'), 'utf8'));
        const rows = (await readFile(join(folder, 'plain.jsonl'), 'utf8')).split('\n').slice(0, -1);
        const texts = rows.map((row) => (JSON.parse(row) as { plain_text: string | null }).plain_text);
        const characters = texts.reduce((sum, text) => sum + Array.from(text ?? '').length, 0);
        assert.ok(characters > 1000);
        const sum = 'SELECT count(*) AS n, sum(length(plain_text)) AS characters FROM wikifleet_rows_with_texts';
        assert.deepEqual(await ask(`${sum}('${folder}/plain.jsonl')`), [{ n: '17', characters: String(characters) }]);
        assert.deepEqual(await ask(`${sum}('${folder}/bare.jsonl')`), [{ n: '17', characters: null }]);
        // the column is no part of the digest: both are the same rows
        assert.deepEqual(
          await ask(`FROM wikifleet_digest('${folder}/plain.jsonl')`),
          await ask(`FROM wikifleet_digest('${folder}/bare.jsonl')`),
        );
      } finally {
        connection.closeSync();
        instance.closeSync();
      }
    });
  });

  it('runs the printed query over the rows, and reads a text out of a slot', async () => {
    await inFolder(async (out) => {
      const from = join(FIXTURES, 'dumps');
      const { stdout } = await run('wikifleet/dist/start.js', ['--from', from, '--out', out, '--split-bytes', '20000']);
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
        const all = `${out}/rows/kind=meta-current/wiki_id=aawiki/*/*/*.jsonl.gz`;
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
  const { stdout } = await run('wikifleet/dist/convert.js', [dump]);
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
  return rows.reduce((longest, row) => (row.revision_size > longest.revision_size ? row : longest));
}
