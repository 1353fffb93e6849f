import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { LONG_TESTS } from '@wikifleet/testing/extent';
import { ROOT, run } from '../end-to-end/programs.js';
import { digestOf, rowsOf } from '../end-to-end/rows.js';
import { blocksOf } from './documents.js';
import type { Block } from './documents.js';
import { runProgram } from './run-program.js';

const DOCUMENT = 'docs/recipes.md';
/** A Python that has tests/tools/recipes-requirements.txt. */
const PYTHON = process.env['WIKIFLEET_RECIPES_PYTHON'] ?? '';
const NEEDS_PYTHON = 'WIKIFLEET_RECIPES_PYTHON (tests/tools/recipes-requirements.txt)';
const ROWS = join('data', 'rows', 'kind=articles');
/** Stands before what a recipe is asked for after its end, which is not in the document. */
const MARK = 'columns: ';

interface Recipe {
  /** What runs it, saved under the last word; null where it is not run. */
  readonly program: readonly string[] | null;
  readonly registry?: true;
  /** Appended: prints, after the mark, an object of columns and types in the reader's words. */
  readonly ask?: string;
}

const python = [PYTHON === '' ? 'python3' : PYTHON, 'recipe.py'] as const;
const ask = (columns: string): string => `print("${MARK}" + __import__("json").dumps(${columns}))\n`;

const RECIPES: Readonly<Record<string, Recipe>> = {
  jq: { program: ['sh', '-eu', 'recipe.sh'] },
  "Python's standard library": { program: python },
  'JSON Schema in Python': { program: python, registry: true },
  DuckDB: {
    program: [process.execPath, 'recipe.mjs'],
    ask:
      "const described = (await duckdb.runAndReadAll(`DESCRIBE FROM wikifleet_rows('${files}')`)).getRowObjectsJson();\n" +
      `console.log('${MARK}' + JSON.stringify(Object.fromEntries(described.map((c) => [c.column_name, c.column_type]))));\n`,
  },
  'DuckDB, Parquet': {
    program: [process.execPath, 'recipe.mjs'],
    ask:
      "const described = (await duckdb.runAndReadAll(`DESCRIBE FROM wikifleet_parquet('${files}')`)).getRowObjectsJson();\n" +
      `console.log('${MARK}' + JSON.stringify(Object.fromEntries(described.map((c) => [c.column_name, c.column_type]))));\n`,
  },
  pandas: { program: python, registry: true, ask: ask('{name: repr(type) for name, type in rows.dtypes.items()}') },
  'pandas, Parquet': {
    program: python,
    registry: true,
    ask: ask('{name: repr(type) for name, type in rows.dtypes.items()}'),
  },
  'Hugging Face datasets': {
    program: python,
    registry: true,
    ask: ask('{field.name: str(field.type) for field in rows.features.arrow_schema}'),
  },
  'Hugging Face datasets, Parquet': {
    program: python,
    registry: true,
    ask: ask('{field.name: str(field.type) for field in rows.features.arrow_schema}'),
  },
  PySpark: { program: python, registry: true, ask: ask('dict(rows.dtypes)') },
  'PySpark, Parquet': { program: python, registry: true, ask: ask('dict(rows.dtypes)') },
  Athena: { program: null },
};

/** Whose types are the same over both formats, word for word: pandas has slots as a struct of roles, or as a map. */
const SAME_TYPES = ['DuckDB', 'Hugging Face datasets', 'PySpark'];

/** A reader's word for a type in JSON Schema's; slots are what holds their six columns. */
function typeOf(word: string): string {
  if (/content_body.*content_format.*content_model.*content_sha1.*content_size.*origin_rev_id/i.test(word))
    return 'object';
  if (/^(varchar|string(\[pyarrow\])?)$/i.test(word)) return 'string';
  if (/^(bigint|int64(\[pyarrow\])?)$/i.test(word)) return 'integer';
  return /^bool(ean)?(\[pyarrow\])?$/i.test(word) ? 'boolean' : `unknown: ${word}`;
}

async function columnsOfSchema(): Promise<[string, string][]> {
  const schema = JSON.parse(await readFile(join(ROOT, 'schema', 'row.schema.json'), 'utf8')) as {
    required: string[];
    properties: Record<string, { type: string | string[] }>;
  };
  // what only some runs have is in no reader's columns
  return schema.required.map((name) => [name, [schema.properties[name]?.type ?? ''].flat()[0] ?? '']);
}

/** All rows below `data`, by wiki and revision, as the recipes order them. */
async function orderedRows(rows: string): Promise<string> {
  const lines: string[] = [];
  for (const kind of await readdir(rows)) {
    for (const wiki of await readdir(join(rows, kind))) {
      const [snapshot = ''] = await readdir(join(rows, kind, wiki));
      for (const file of await readdir(join(rows, kind, wiki, snapshot)))
        lines.push(...(await rowsOf(join(rows, kind, wiki, snapshot), file)).split('\n').filter(Boolean));
    }
  }
  const keyed = lines.map((line) => ({ line, row: JSON.parse(line) as { wiki_id: string; revision_id: number } }));
  keyed.sort(
    ({ row: a }, { row: b }) =>
      Number(a.wiki_id > b.wiki_id) - Number(a.wiki_id < b.wiki_id) || a.revision_id - b.revision_id,
  );
  return keyed.map(({ line }) => line).join('\n');
}

/** A new folder with links to what the checkout has under these names. */
async function folderWith(...names: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'wikifleet-recipes-'));
  for (const name of names) await symlink(join(ROOT, name), join(folder, name));
  return folder;
}

describe('recipes as they are printed', function () {
  this.timeout(300_000);
  let folder = '';
  /** Columns of the readers of `SAME_TYPES`, by format. */
  const typesOf = new Map<string, Record<string, [string, string][]>>();
  /** Another, with the rows of docs/rows.md: one of them has two slots. */
  let slots = '';
  let blocks: readonly Block[] = [];
  const block = (section: string, language?: string): Block | undefined =>
    blocks.find((b) => b.section === section && b.language !== 'text' && (language ?? b.language) === b.language);
  const output = (section: string): string | undefined =>
    blocks.find((b) => b.section === section && b.language === 'text')?.text;

  before(async () => {
    blocks = await blocksOf(DOCUMENT);
    folder = await folderWith('apps', 'dev', 'node_modules', 'packages', 'package.json', 'schema', 'tests');
    slots = await folderWith('node_modules', 'schema');
    const start = block('Recipes for readers', 'sh');
    const ended = await runProgram('sh', ['-eu'], { cwd: folder, input: start?.text ?? 'exit 3' });
    assert.equal(ended?.code, 0, `${ended?.stdout}${ended?.stderr}`);
  });
  before(async () => {
    const written = await blocksOf('docs/rows.md');
    const textsOf = (wanted: string): string =>
      written.flatMap(({ language, text }) => (language === wanted ? [text] : [])).join('');
    const path = join(slots, ROWS, 'wiki_id=aawiki', 'snapshot=2026-01-01', 'a.xml');
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'part-00000-of-00001-00000000.jsonl.gz'), gzipSync(textsOf('json')));
    const parquet = join(slots, 'parquet', 'rows', 'kind=articles', 'wiki_id=aawiki', 'snapshot=2026-01-01', 'a.xml');
    await mkdir(parquet, { recursive: true });
    const dump = join(slots, 'examples.xml');
    const siteinfo = '<siteinfo><dbname>aawiki</dbname></siteinfo>';
    await writeFile(dump, `<mediawiki>${siteinfo}\n${textsOf('xml')}</mediawiki>\n`);
    const out = join(parquet, 'part-00000-of-00001-00000000.parquet');
    const { code, stderr } = await run('wikifleet/dist/convert.js', [dump, '--format', 'parquet', '--out', out]);
    assert.equal(code, 0, stderr);
  });
  after(async () => {
    for (const made of [folder, slots]) await rm(made, { recursive: true, force: true });
  });

  /** What a recipe prints in a folder, and what it says to the question; the test is skipped where the machine lacks its program. */
  async function printed(test: Mocha.Context, name: string, where: string): Promise<readonly string[]> {
    const { program, ask: question = '' } = RECIPES[name] ?? {};
    const [command = '', ...args] = program ?? [];
    await writeFile(join(where, args.at(-1) ?? ''), `${block(name)?.text}${question}`);
    const env = {
      PYTHONPATH: 'schema',
      PYTHONIOENCODING: 'utf-8',
      PYTHONDONTWRITEBYTECODE: '1',
      HF_HOME: join(where, 'huggingface'),
      HF_HUB_OFFLINE: '1',
      SPARK_LOCAL_IP: '127.0.0.1',
    };
    const ended = await runProgram(command, args, { cwd: where, env });
    if (ended === null) return test.skip(command);
    if (/jq: (command )?not found/.test(ended.stderr)) return test.skip('jq');
    assert.equal(ended.code, 0, ended.stderr);
    return ended.stdout.split(MARK);
  }

  it('are all here, and Athena is marked as not run', async () => {
    const sections = blocks.map(({ section }) => section).filter((section) => section !== 'Recipes for readers');
    assert.deepEqual([...new Set(sections)], Object.keys(RECIPES));
    assert.match(await readFile(join(ROOT, DOCUMENT), 'utf8'), /## Athena\n\n\*\*Not run\*\*/);
  });

  it('print the count and the SHA-256 of the rows', async () => {
    const { rows, sha256 } = digestOf(await orderedRows(join(folder, 'data', 'rows')));
    for (const [name, { program }] of Object.entries(RECIPES)) {
      if (program === null) continue;
      assert.ok(output(name)?.startsWith(String(rows)), name);
      if (name !== 'JSON Schema in Python') assert.ok(output(name)?.includes(sha256), `${name}: expected ${sha256}`);
    }
  });

  for (const [name, recipe] of Object.entries(RECIPES)) {
    const { program, registry, ask: question = '' } = recipe;
    if (program === null) continue;
    it(name, async function () {
      if (registry === true && PYTHON === '') return this.skip(NEEDS_PYTHON);
      const [text, types] = await printed(this, name, folder);
      assert.equal(text, output(name));
      if (question === '') return undefined;
      const columns = Object.entries(JSON.parse(types ?? 'null') as Record<string, string>);
      const [reader = '', format = 'JSON Lines'] = name.split(', ');
      if (SAME_TYPES.includes(reader)) typesOf.set(reader, { ...typesOf.get(reader), [format]: columns });
      assert.deepEqual(
        columns.map(([column, word]) => [column, typeOf(word)]),
        await columnsOfSchema(),
      );
      return undefined;
    });
    it(`${name}: a row with two slots`, async function () {
      if (PYTHON === '' && !LONG_TESTS) this.skip(`${NEEDS_PYTHON} or WIKIFLEET_LONG_TESTS=1`);
      if (registry === true && PYTHON === '') return this.skip(NEEDS_PYTHON);
      const [text = ''] = await printed(this, name, slots);
      const { rows, sha256 } = digestOf(await orderedRows(join(slots, 'data', 'rows')));
      const expected = name === 'JSON Schema in Python' ? `${rows} ${rows}` : sha256;
      assert.ok(rows === 5 && text.startsWith(String(rows)) && text.includes(expected), `${expected}: ${text}`);
      return undefined;
    });
  }

  it('have the same columns and types over both formats', function () {
    if (typesOf.size === 0) return this.skip('the program of one of the recipes');
    for (const [reader, { 'JSON Lines': lines, Parquet: parquet }] of typesOf)
      assert.deepEqual(parquet, lines, `${reader}: over Parquet`);
    return undefined;
  });
});
