import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { TEXT_COLUMNS } from '@wikifleet/domain/text-columns';
import { rowSchema } from '@wikifleet/domain/row-schema';
import { openBlockPool } from './block-pool.js';
import { ENGINES } from './engines.js';
import { convertFile } from './testing/test-tools.js';

const FIXTURES = resolve(import.meta.dirname, '../../../tests/fixtures/dumps');
const sample = (): Buffer => readFileSync(`${FIXTURES}/pages-articles-p2566p2583.multistream.xml.bz2`);

const dump = (revision: string): Buffer =>
  Buffer.from(
    '<mediawiki xml:lang="de"><siteinfo><dbname>dewiki</dbname><namespaces><namespace key="6" case="first-letter">Datei</namespace></namespaces></siteinfo>' +
      `<page><title>T</title><ns>0</ns><id>1</id><revision><id>1</id><timestamp>t</timestamp>${revision}</revision></page></mediawiki>`,
  );
const OTHER = '<content><role>mediainfo</role><model>wikibase-mediainfo</model><text>{}</text></content>';

const TEXTS: readonly [what: string, revision: string, text: string | null][] = [
  [
    'wikitext',
    "<model>wikitext</model><text>'''a''' [[Cat|cats]] &amp;amp; \"d\"\\[[Datei:x.jpg|mini]]</text>",
    'a cats & "d"\\',
  ],
  ['wikitext beside another slot', `<model>wikitext</model><text>[[b]]</text>${OTHER}`, 'b'],
  ['another model', '<model>json</model><text>{}</text>', null],
  ['no model, as before 0.8', '<text>[[b]]</text>', 'b'],
  ['a text that is deleted', '<model>wikitext</model><text deleted="deleted" bytes="5" />', null],
  ['an empty text', '<model>wikitext</model><text></text>', ''],
  [
    'a text that looks like a row',
    '<model>wikitext</model><text>","content_format":"x","content_model":"json"}\n}</text>',
    '","content_format":"x","content_model":"json"} }',
  ],
];

describe('the columns of texts', function () {
  this.timeout(120_000);

  for (const [what, revision, text] of TEXTS)
    it(`are made of ${what}, by each engine`, async () => {
      const { rows: bare } = await convertFile(dump(revision));
      for (const engine of ENGINES) {
        const { rows } = await convertFile(dump(revision), null, { engine, choice: { extract: TEXT_COLUMNS } });
        const row = rowSchema.parse(JSON.parse(rows.toString()));
        assert.equal(row.plain_text, text);
        assert.deepEqual(Object.keys(row).slice(-TEXT_COLUMNS.length), [...TEXT_COLUMNS]);
        // what was there before has its bytes
        assert.ok(rows.toString().startsWith(bare.toString().slice(0, -2)));
      }
    });

  it('have the same bytes and counts from one thread and several, in both formats', async () => {
    const file = sample();
    for (const format of ['jsonl', 'parquet'] as const) {
      const settings = { format, choice: { extract: TEXT_COLUMNS } };
      const one = await convertFile(file, null, settings);
      assert.ok(Object.keys(one.counts.templates).length > 0);
      for (const workers of [2, 5]) {
        const pool = openBlockPool(workers);
        try {
          const { rows, counts } = await convertFile(file, null, { ...settings, pool });
          assert.ok(rows.equals(one.rows), `${format}, ${workers} threads`);
          assert.deepEqual(counts, one.counts);
        } finally {
          await pool.close();
        }
      }
    }
  });

  it('are counted alike whether a file is one split or several', async () => {
    const file = sample();
    const choice = { extract: ['plain_text'] as const };
    const whole = await convertFile(file, null, { choice });
    const cut = await convertFile(file, 4000, { choice });
    assert.ok(cut.parts.length > 1);
    assert.deepEqual(cut.counts, whole.counts);
  });

  it('are the only ones that are chosen, beside the keys of a row', async () => {
    const { rows } = await convertFile(sample(), null, {
      choice: { extract: ['links'], columns: ['revision_content_is_visible', 'links'] },
    });
    for (const line of rows.toString().split('\n').slice(0, -1)) {
      const keys = ['wiki_id', 'page_id', 'page_title', 'revision_id', 'revision_content_is_visible', 'links'];
      assert.deepEqual(Object.keys(JSON.parse(line) as object), keys);
    }
  });

  it('count a text that is refused', async () => {
    const long = `<model>wikitext</model><text>${'a '.repeat(2 * 1024 * 1024 + 1)}</text>`;
    const { rows, counts } = await convertFile(dump(long), null, { choice: { extract: ['plain_text'] } });
    assert.equal((JSON.parse(rows.toString()) as { plain_text: unknown }).plain_text, null);
    assert.deepEqual(counts.textsRefused, { 'too-long': 1 });
  });
});
