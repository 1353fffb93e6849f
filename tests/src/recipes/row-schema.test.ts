import assert from 'node:assert/strict';
import { LONG_TESTS } from '@wikifleet/testing/extent';
import { existsSync } from 'node:fs';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { FIXTURES, ROOT, SAMPLES, inFolder, run, takePartial } from '../end-to-end/programs.js';
import { blocksOf } from './documents.js';
import { runProgram } from './run-program.js';

interface Schema {
  readonly required: readonly string[];
  readonly $defs: { readonly slot: { readonly required: readonly string[] } };
}

/** Lines of `file` as the converter writes them, whether the file is complete or not. */
async function linesOf(file: string): Promise<readonly string[]> {
  return await inFolder(async (folder) => {
    const out = join(folder, 'rows.jsonl');
    const { code, stderr } = await run('wikifleet/dist/convert.js', [file, '--out', out, '--workers', '1']);
    assert.ok(code === 0 || code === 1, stderr);
    if (!(await takePartial(out))) return [];
    return (await readFile(out, 'utf8')).split('\n').slice(0, -1);
  });
}

describe('the published schema of a row', function () {
  this.timeout(120_000);
  let schema: Schema;
  let reader: z.ZodType;

  before(async () => {
    const json = JSON.parse(await readFile(join(ROOT, 'schema', 'row.schema.json'), 'utf8')) as Schema;
    schema = json;
    reader = z.fromJSONSchema(json as unknown as z.core.JSONSchema.JSONSchema);
  });

  function check(line: string): void {
    const row = JSON.parse(line) as { revision_content_slots: Record<string, object> };
    const parsed = reader.safeParse(row);
    assert.ok(parsed.success, `${line.slice(0, 300)}: ${parsed.error?.message}`);
    assert.deepEqual(Object.keys(row), schema.required);
    for (const slot of Object.values(row.revision_content_slots))
      assert.deepEqual(Object.keys(slot), schema.$defs.slot.required);
  }

  it('and what is made of it are as the script makes them', async () => {
    const made = await runProgram(process.execPath, ['scripts/make-schema.mjs', '--check'], { cwd: ROOT });
    assert.equal(made?.code, 0, `${made?.stdout}${made?.stderr}`);
  });

  it('refuses what the converter does not write', async () => {
    const [line = ''] = await linesOf(join(FIXTURES, 'dumps', 'input-0.10.xml'));
    check(line);
    for (const [from, to] of [
      ['"page_id":', '"page":'],
      ['"page_id":10', '"page_id":"10"'],
      ['"user_is_visible":true', '"user_is_visible":null'],
      ['"main":', '"Main":'],
      ['"content_size":', '"size":'],
    ] as const) {
      assert.ok(line.includes(from), line);
      assert.throws(() => check(line.replace(from, to)), `expected ${to} to be refused`);
    }
  });

  it('takes the rows of all fixtures', async () => {
    let rows = 0;
    for (const name of await readdir(join(FIXTURES, 'dumps'))) {
      const lines = await linesOf(join(FIXTURES, 'dumps', name));
      lines.forEach(check);
      rows += lines.length;
    }
    assert.ok(rows > 600, `${rows} rows`);
  });

  it(`takes the rows of real dumps beside the checkout`, async function () {
    if (!LONG_TESTS) return this.skip('WIKIFLEET_LONG_TESTS=1');
    if (!existsSync(SAMPLES)) {
      return this.skip('the real dump samples beside the checkout (../shared/samples)');
    }
    const expected = JSON.parse(await readFile(join(SAMPLES, 'expected.json'), 'utf8')) as Record<string, object>;
    for (const name of Object.keys(expected)) (await linesOf(join(SAMPLES, name))).forEach(check);
    return undefined;
  });

  it('fits docs/rows.md, whose examples are what the converter makes', async () => {
    const blocks = await blocksOf('docs/rows.md');
    const textsOf = (language: string): string =>
      blocks.flatMap((block) => (block.language === language ? [block.text] : [])).join('');
    const lines = await inFolder(async (folder) => {
      const dump = join(folder, 'examples.xml');
      const siteinfo = '<siteinfo><dbname>aawiki</dbname></siteinfo>';
      await writeFile(dump, `<mediawiki>${siteinfo}\n${textsOf('xml')}</mediawiki>\n`);
      return await linesOf(dump);
    });
    assert.deepEqual(textsOf('json').trimEnd().split('\n'), lines);
    lines.forEach(check);
    const table = await readFile(join(ROOT, 'docs', 'rows.md'), 'utf8');
    const columns = [...table.matchAll(/^\| `(\w+)` \| /gm)].map(([, column]) => column);
    assert.deepEqual(columns, schema.required);
  });
});
