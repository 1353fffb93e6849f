import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import { twoDumps } from './small-dumps.js';
import { LONG_TESTS } from '@wikifleet/testing/extent';
import { FIXTURES, ROOT, SAMPLES, inFolder, run, takePartial } from './programs.js';

const CONVERT = 'wikifleet/dist/convert.js';
const ZSTD = typeof zlib.zstdCompress === 'function' ? ['zstd'] : [];
const COMPRESSIONS = LONG_TESTS ? ['none', 'snappy', 'gzip', ...ZSTD] : ['snappy', ...ZSTD];
/** One of each container, whole and damaged, old and new. */
const SOME = /^(?:aawiki|bgwiki|input-0\.5|sample-stubs|pages-articles.*(?:nofooter|noheader)|wikidata.*sample3)/;

describe('rows as Parquet, read by DuckDB', function () {
  this.timeout(300_000);
  let instance: DuckDBInstance;
  let duckdb: DuckDBConnection;

  before(async () => {
    instance = await DuckDBInstance.create();
    duckdb = await instance.connect();
    await duckdb.run(await readFile(join(ROOT, 'schema', 'row.duckdb.sql'), 'utf8'));
  });
  after(() => {
    duckdb.closeSync();
    instance.closeSync();
  });

  const ask = async (query: string): Promise<readonly object[]> =>
    (await duckdb.runAndReadAll(query)).getRowObjectsJson();

  /** Converts a dump to both formats and holds them against each other; returns the number of rows. */
  async function checkSame(dump: string, ...flags: readonly string[]): Promise<number> {
    return await inFolder(async (folder) => {
      const [lines, parquet] = [join(folder, 'rows.jsonl'), join(folder, 'rows.parquet')];
      const plain = await run(CONVERT, [dump, '--out', lines]);
      const packed = await run(CONVERT, [dump, '--format', 'parquet', ...flags, '--out', parquet]);
      assert.equal(packed.code, plain.code, packed.stderr);
      const isWritten = await takePartial(lines);
      assert.equal(await takePartial(parquet), isWritten);
      if (!isWritten) return 0;
      const [left] = await ask(`FROM wikifleet_digest('${lines}')`);
      const [right] = await ask(`FROM wikifleet_parquet_digest('${parquet}')`);
      assert.deepEqual(right, left, dump);
      assert.deepEqual(
        await ask(`DESCRIBE FROM wikifleet_parquet('${parquet}')`),
        await ask(`DESCRIBE FROM wikifleet_rows('${lines}')`),
      );
      return Number((left as { rows: string }).rows);
    });
  }

  it('has the rows, the columns and the types of JSON Lines, for fixtures (in the long run all)', async () => {
    let rows = 0;
    const folder = join(FIXTURES, 'dumps');
    const names = (await readdir(folder)).filter((name) => LONG_TESTS || SOME.test(name));
    for (const name of names) rows += await checkSame(join(folder, name));
    assert.ok(rows > 500 && names.length > 4, `${rows} rows of ${names.length} files`);
  });

  it(`and for real dumps beside the checkout`, async function () {
    if (!LONG_TESTS) return this.skip('WIKIFLEET_LONG_TESTS=1');
    if (!existsSync(SAMPLES)) {
      return this.skip('the real dump samples beside the checkout (../shared/samples)');
    }
    const expected = JSON.parse(await readFile(join(SAMPLES, 'expected.json'), 'utf8')) as Record<string, object>;
    for (const name of Object.keys(expected)) await checkSame(join(SAMPLES, name));
    return undefined;
  });

  for (const compression of COMPRESSIONS)
    it(`in ${compression}, cut into splits of any size, by any number of threads`, async () => {
      const dump = join(FIXTURES, 'dumps/aawiki-20260101-pages-meta-current.xml.bz2');
      for (const [split, workers] of [
        ['7777', '1'],
        ['30000', '3'],
      ])
        await checkSame(dump, '--compression', compression, '--split-bytes', split ?? '', '--workers', workers ?? '');
    });

  it('is a whole file where a dump has no rows, and where it is broken off', async () => {
    await inFolder(async (folder) => {
      const [out, empty] = [join(folder, 'rows.parquet'), join(folder, 'empty.xml')];
      await writeFile(empty, '<mediawiki><siteinfo><dbname>aawiki</dbname></siteinfo>\n</mediawiki>\n');
      const ended = await run(CONVERT, [empty, '--format', 'parquet', '--out', out]);
      assert.equal(ended.code, 0, ended.stderr);
      assert.deepEqual(await ask(`SELECT count(*)::INT AS n FROM wikifleet_parquet('${out}')`), [{ n: 0 }]);
      assert.equal((await ask(`DESCRIBE FROM wikifleet_parquet('${out}')`)).length, 18);
      const cut = join(folder, 'cut.bz2');
      const whole = await readFile(join(FIXTURES, 'dumps/pages-articles-p2566p2583.multistream.xml.bz2'));
      await writeFile(cut, whole.subarray(0, -2000));
      const { code } = await run(CONVERT, [cut, '--format', 'parquet', '--out', out]);
      assert.equal(code, 1);
      assert.ok(await takePartial(out));
      const [counted] = await ask(`SELECT count(*)::INT AS n FROM wikifleet_parquet('${out}')`);
      assert.ok((counted as { n: number }).n > 5, JSON.stringify(counted));
    });
  });

  it('comes out of a whole fleet, and is shown by the printed lines', async () => {
    await inFolder(async (out) => {
      const from = await twoDumps(out);
      const args = ['--from', from, '--out', join(out, 'out'), '--split-bytes', '20000', '--format', 'parquet'];
      const ended = await run('wikifleet/dist/start.js', args);
      const queries = [...ended.stdout.matchAll(/^ {2}duckdb (?:-json )?-c "(.*)"$/gm)].map(([, query = '']) => query);
      assert.equal(queries.length, 2, ended.stdout);
      // a path is printed as it is typed from here
      const absolute = (query: string): string =>
        query.includes("parquet('/") ? query : query.replace("read_parquet('", `read_parquet('${ROOT}`);
      const [head, counts] = [await ask(absolute(queries[0] ?? '')), await ask(absolute(queries[1] ?? ''))];
      assert.equal(head.length, 1);
      assert.ok(counts.length > 1, JSON.stringify(counts));
      const all = `${out}/out/rows/kind=meta-current/wiki_id=aawiki/*/*/*.parquet`;
      const [n] = await ask(`SELECT count(*)::INT AS n FROM wikifleet_parquet('${all}')`);
      assert.deepEqual(n, { n: 507 });
      const again = await run('wikifleet/dist/start.js', args.slice(0, -2));
      assert.notEqual(again.code, 0);
      assert.match(again.stderr, /format: the plan has "parquet", now it would be "jsonl"/);
    });
  });

  const refused: [flags: readonly string[], message: RegExp][] = [
    [['--format', 'orc'], /--format: expected one of jsonl, parquet; received "orc"/],
    [['--format', 'jsonl', '--compression', 'snappy'], /--compression: jsonl has the compressions none, gzip, zstd/],
    [['--format', 'parquet', '--compression', 'br'], /--compression: expected one of none, gzip, zstd, snappy/],
  ];
  for (const [flags, message] of refused)
    for (const program of [CONVERT, 'wikifleet/dist/start.js', 'seed/dist/main.js'])
      it(`${program} refuses ${flags.join(' ')}`, async () => {
        const file =
          program === CONVERT ? ['x.xml'] : program.startsWith('seed') ? ['--wiki', 'aawiki', '--date', 'latest'] : [];
        const { code, stderr } = await run(program, [...file, ...flags]);
        assert.equal(code, 2);
        assert.match(stderr, message);
      });
});
