// Writes schema/ and the table of terraform/modules/query: the row as JSON Schema, made of packages/domain/src/row-schema.ts, and what is made of that JSON Schema for
// readers: DuckDB's columns, Spark's and Arrow's schema, Athena's table, and the same table for Terraform. Run it after `npm run build`.
// usage: node scripts/make-schema.mjs [--check]     --check writes nothing; exit code 1 and a line a file that differs
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rowsPrefix } from '../packages/domain/dist/keys.js';
import { rowJsonSchema } from '../packages/domain/dist/row-schema.js';
import { KINDS } from '../packages/domain/dist/run.js';
import { TEXT_COLUMNS } from '../packages/domain/dist/text-columns.js';
import { writeOutput } from '../packages/worker/dist/output-file.js';

const FOLDER = fileURLToPath(new URL('../schema/', import.meta.url));
/** Roles that Wikimedia's wikis have: for readers whose types have no map. */
const ROLES = ['main', 'mediainfo'];
/** Bytes of the longest line: a revision is at most 64 MiB of XML, and JSON escapes some of it. */
const LONGEST_LINE = 268_435_456;
const MADE = 'Made of row.schema.json by scripts/make-schema.mjs.';

const json = rowJsonSchema();
const slot = json.$defs.slot;
/** Columns that only some runs have. Readers of all others do without: theirs have names of their own. */
const OPTIONAL = [...TEXT_COLUMNS];
const columns = json.required;
for (const [{ required = [], properties }, optional] of [
  [json, OPTIONAL],
  [slot, []],
]) {
  if ([...required, ...optional].join() !== Object.keys(properties).join())
    throw new Error(`expected every key but ${optional.join()} required, in order; received ${required.join()}`);
}
// the digest sorts a row's keys, and takes a slot's as they stand
const slotKeys = Object.keys(slot.properties);
if (slotKeys.join() !== slotKeys.toSorted().join())
  throw new Error(`expected sorted keys, received ${slotKeys.join()}`);

/** A column's type in another language: `types` has the words for string, integer, boolean, slots and, of a list, for its entries. */
function typeOf(schema, types) {
  if ([schema.type].flat()[0] === 'array') {
    return types.list(Object.entries(schema.items.properties).map(([name, value]) => [name, typeOf(value, types)]));
  }
  const named = schema.additionalProperties?.$ref === '#/$defs/slot' ? 'slots' : [schema.type].flat()[0];
  if (types[named] === undefined) throw new Error(`no type for ${JSON.stringify(schema)}`);
  return types[named];
}

const fields = (schema, types, line, names = schema.required) =>
  names.map((name) => line(name, typeOf(schema.properties[name], types)));

/** As oxfmt has it: a list of words on one line where it fits. */
function jsonText() {
  const text = JSON.stringify(json, null, 2).replace(/^( *)(.*)\[\n([^\][{}]*)\]/gm, (all, indent, key, words) => {
    const line = `${indent}${key}[${words.trim().replace(/\n */g, ' ')}]`;
    return line.length < 120 ? line : all;
  });
  return `${text}\n`;
}

function duckdb() {
  const types = {
    string: 'VARCHAR',
    integer: 'BIGINT',
    boolean: 'BOOLEAN',
    list: (of) => `STRUCT(${of.map((one) => one.join(' ')).join(', ')})[]`,
  };
  const struct = `STRUCT(${fields(slot, types, (name, type) => `${name} ${type}`).join(', ')})`;
  const list = fields(json, { ...types, slots: `MAP(VARCHAR, ${struct})` }, (name, type) => `    ${name}: '${type}'`);
  const optional = fields(json, types, (name, type) => `    ${name}: '${type}'`, OPTIONAL);
  const sorted = columns.toSorted().map((name) => {
    const slots = name === 'revision_content_slots';
    return `    ${name}: ${slots ? `map_from_entries(list_sort(map_entries(${name})))` : name}`;
  });
  return `-- ${MADE} In DuckDB's command line: .read schema/row.duckdb.sql

-- The rows of JSON Lines files: a path, a pattern, or a list of them.
CREATE OR REPLACE MACRO wikifleet_rows(files) AS TABLE
  SELECT * FROM read_json(files, format = 'newline_delimited', maximum_object_size = ${LONGEST_LINE}, hive_partitioning = false, columns = {
${list.join(',\n')}
  });

-- The same of runs that have them, with the columns ${OPTIONAL.join(', ')}: null where a row has none.
CREATE OR REPLACE MACRO wikifleet_rows_with_texts(files) AS TABLE
  SELECT * FROM read_json(files, format = 'newline_delimited', maximum_object_size = ${LONGEST_LINE}, hive_partitioning = false, columns = {
${[...list, ...optional].join(',\n')}
  });

-- The rows of Parquet files, which have their columns in them: the same names and types.
CREATE OR REPLACE MACRO wikifleet_parquet(files) AS TABLE
  SELECT * FROM read_parquet(files, hive_partitioning = false);

-- Their count, and the SHA-256 of their canonical JSON (row_digest.py) by wiki and revision; it holds them all in memory.
${duckdbDigest('wikifleet_digest', 'wikifleet_rows', sorted)}
${duckdbDigest('wikifleet_parquet_digest', 'wikifleet_parquet', sorted)}`;
}

function duckdbDigest(name, rows, sorted) {
  return `CREATE OR REPLACE MACRO ${name}(files) AS TABLE
  SELECT count(*) AS rows, sha256(string_agg(line || chr(10), '' ORDER BY wiki_id, revision_id)) AS sha256
  FROM (SELECT wiki_id, revision_id, to_json({
${sorted.join(',\n')}
  }) AS line FROM ${rows}(files));
`;
}

/** One line: the DataFrame reader takes it as it stands. */
function spark() {
  const types = { string: 'STRING', integer: 'BIGINT', boolean: 'BOOLEAN' };
  const struct = `STRUCT<${fields(slot, types, (name, type) => `${name}: ${type}`).join(', ')}>`;
  return `${fields(json, { ...types, slots: `MAP<STRING, ${struct}>` }, (name, type) => `${name} ${type}`).join(', ')}\n`;
}

function arrow() {
  const types = {
    string: 'pa.string()',
    integer: 'pa.int64()',
    boolean: 'pa.bool_()',
    slots: 'SLOTS',
    list: (of) => `pa.list_(pa.struct([${of.map(([name, type]) => `("${name}", ${type})`).join(', ')}]))`,
  };
  const lines = (schema) => fields(schema, types, (name, type) => `        ("${name}", ${type}),`).join('\n');
  const optional = fields(json, types, (name, type) => `.append(pa.field("${name}", ${type}))`, OPTIONAL).join('');
  return `"""The row as an Arrow schema, for pyarrow, pandas, Polars and datasets. ${MADE}"""

import pyarrow as pa

SLOT = pa.struct(
    [
${lines(slot)}
    ]
)
# Arrow reads no JSON object into a map, so the roles are named. Read with unexpected_field_behavior="error", a row with
# another role is an error, and nothing is lost in silence.
SLOTS = pa.struct([${ROLES.map((role) => `("${role}", SLOT)`).join(', ')}])
ROW = pa.schema(
    [
${lines(json)}
    ]
)
# Of runs that have them, with the columns ${OPTIONAL.join(', ')}: null where a row has none.
ROW_WITH_TEXTS = ROW${optional}
# Bytes: the longest line must fit in one block.
BLOCK_SIZE = ${LONGEST_LINE}
`;
}

/** The table as Hive has it: a column that is a part of the path is none beside. */
function hive() {
  const types = {
    string: 'string',
    integer: 'bigint',
    boolean: 'boolean',
    list: (of) => `array<struct<${of.map((one) => one.join(':')).join(',')}>>`,
  };
  const struct = `struct<${fields(slot, types, (name, type) => `${name}:${type}`).join(',')}>`;
  const all = fields(json, { ...types, slots: `map<string,${struct}>` }, (name, type) => ({ name, type }), [
    ...columns,
    ...OPTIONAL,
  ]);
  const path = rowsPrefix({ kind: 'articles', wiki: 'WIKI', date: 'DATE' }).replace(/^rows\//, '');
  const partitions = [...path.matchAll(/([a-z_]+)=/g)].map(([, name]) => name);
  const projections = {
    kind: { type: 'enum', values: KINDS.join(',') },
    wiki_id: { type: 'injected' },
    snapshot: { type: 'injected' },
  };
  if (partitions.join() !== Object.keys(projections).join()) throw new Error(`no projection for ${partitions.join()}`);
  const parameters = { 'projection.enabled': 'true' };
  for (const [name, projection] of Object.entries(projections)) {
    for (const [key, value] of Object.entries(projection)) parameters[`projection.${name}.${key}`] = value;
  }
  return {
    columns: all.filter(({ name }) => !partitions.includes(name)),
    partition_keys: partitions.map((name) => ({ name, type: 'string' })),
    partition_path: partitions.map((name) => `${name}=\${${name}}/`).join(''),
    serde: 'org.openx.data.jsonserde.JsonSerDe',
    parameters,
  };
}

/** For terraform/modules/query, which is used without the rest of the project too. */
function glue() {
  return `${JSON.stringify({ name: 'rows', ...hive() }, null, 2)}\n`;
}

function athena() {
  const { columns, partition_keys, partition_path, serde, parameters } = hive();
  const named = ({ name, type }) => `${name} ${type}`;
  const properties = { ...parameters, 'storage.location.template': `s3://BUCKET/rows/${partition_path}` };
  return `-- ${MADE} Put your bucket for BUCKET. Not run by the tests: nobody had an account.
-- wiki_id is a part of the path, so it is no column beside. A query names one wiki_id and one snapshot.
CREATE EXTERNAL TABLE wikifleet_rows (
${columns.map((column) => `  ${named(column)}`).join(',\n')}
)
PARTITIONED BY (${partition_keys.map(named).join(', ')})
ROW FORMAT SERDE '${serde}'
LOCATION 's3://BUCKET/rows/'
TBLPROPERTIES (
${Object.entries(properties)
  .map(([key, value]) => `  '${key}' = '${value}'`)
  .join(',\n')}
);
`;
}

const files = {
  'row.schema.json': jsonText(),
  'row.duckdb.sql': duckdb(),
  'row.spark.ddl': spark(),
  'row.athena.sql': athena(),
  'row_schema.py': arrow(),
  '../terraform/modules/query/table.json': glue(),
};
const check = process.argv.includes('--check');
for (const [name, text] of Object.entries(files)) {
  if (!check) await writeOutput({ name: 'the schema', path: FOLDER + name }, text);
  else if (read(name) !== text) {
    process.stdout.write(`schema/${name} is not what scripts/make-schema.mjs makes: npm run build && npm run schema\n`);
    process.exitCode = 1;
  }
}

function read(name) {
  try {
    return readFileSync(FOLDER + name, 'utf8');
  } catch {
    return undefined;
  }
}
