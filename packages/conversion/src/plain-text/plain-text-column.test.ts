import assert from 'node:assert/strict';
import { rowSchema } from '@wikifleet/domain/row-schema';
import { openBlockPool } from '../block-pool.js';
import { ENGINES } from '../engines.js';
import { convertFile, expectedSamples, readSample, smallDump, wholeText } from '../testing/test-tools.js';
import { MAX_NESTING } from './cut-wikitext.js';

const revision = (text: string, model = 'wikitext', more = ''): string =>
  `<revision><id>1</id><timestamp>t</timestamp><model>${model}</model>${text}${more}</revision>`;
const dump = (revisions: string): Buffer =>
  Buffer.from(`<mediawiki><page><title>T</title><ns>0</ns><id>1</id>${revisions}</page></mediawiki>`);
const linesOf = (rows: Buffer): string[] => rows.toString().split('\n').slice(0, -1);
const OTHER = '<content><role>mediainfo</role><model>wikibase-mediainfo</model><text>{}</text></content>';
const DEEP = `${'{{a|'.repeat(MAX_NESTING + 1)}${'}}'.repeat(MAX_NESTING + 1)}`;

const COLUMNS: readonly [what: string, revision: string, plain: string | null, refused?: Record<string, number>][] = [
  ['wikitext', revision("<text>'''a''' [[Cat|cats]] &amp;amp; \"d\"</text>"), 'a cats & "d"'],
  ['wikitext beside another slot', revision('<text>[[b]]</text>', 'wikitext', OTHER), 'b'],
  ['another model', revision('<text>{}</text>', 'json'), null],
  ['a module', revision('<text>return 1</text>', 'Scribunto'), null],
  ['no model at all, as before 0.8', revision('<text>[[b]]</text>').replace('<model>wikitext</model>', ''), 'b'],
  ['a text that is deleted', revision('<text deleted="deleted" bytes="5" />'), null],
  ['a stub', revision('<text id="5" bytes="9" />'), null],
  ['an empty text', revision('<text></text>'), ''],
  ['what is nested too deep', revision(`<text>${DEEP}</text>`), null, { 'too-deep': 1 }],
  ['what is too long', revision(`<text>${'a '.repeat(1024 * 1024 + 1)}</text>`), null, { 'too-long': 1 }],
  ['a text that ends like a row', revision('<text>a}\n}</text>'), 'a}\n}'.replace('\n', ' ')],
];

describe('the column plain_text', function () {
  this.timeout(120_000);

  for (const [what, xml, plain, refused = {}] of COLUMNS) {
    it(`of ${what}`, async () => {
      const without = await convertFile(dump(xml));
      for (const engine of ENGINES) {
        const { rows, counts } = await convertFile(dump(xml), null, { plainText: true, engine });
        const [line = '', ...others] = linesOf(rows);
        const row = rowSchema.parse(JSON.parse(line));
        assert.deepEqual([row.plain_text, others], [plain, []]);
        assert.equal(Object.keys(row).at(-1), 'plain_text');
        assert.deepEqual(counts, { ...without.counts, plainTextRefused: refused });
        // what was there before has its bytes
        const end = `,"plain_text":${JSON.stringify(plain)}}`;
        assert.equal(line, `${linesOf(without.rows)[0]?.slice(0, -1)}${end}`);
      }
    });
  }

  it('is not there where nobody asked for it', async () => {
    const { rows, counts } = await convertFile(Buffer.from(wholeText(smallDump(3))));
    assert.ok(!rows.includes('plain_text'));
    assert.deepEqual(counts.plainTextRefused, {});
  });

  it('has the same bytes by 1, 2 and 5 threads, in chunks of any size, and only in rows that a filter keeps', async function () {
    if (expectedSamples() === null) {
      this.skip('the real dump samples beside the checkout (../shared/samples)');
    }
    const file = readSample('multistream/pages-articles-p2566p2583.multistream.xml.bz2');
    const filter = { namespaces: [0, 4, 10], redirects: true };
    const settings = { plainText: true, compression: 'gzip', filter } as const;
    const first = await convertFile(file, [9000], settings);
    const plain = await convertFile(file, null, { plainText: true, filter });
    assert.deepEqual(first.problems, []);
    const rows = linesOf(plain.rows).map((line) => JSON.parse(line) as Record<string, unknown>);
    const texts = rows.map((row) => row['plain_text']);
    assert.ok(rows.length > 2 && texts.some((text) => typeof text === 'string' && text.length > 100));
    const bare = await convertFile(file, null, { filter });
    assert.deepEqual(
      rows.map(({ plain_text, ...row }) => JSON.stringify(row) + typeof plain_text),
      linesOf(bare.rows).map((line, i) => line + typeof texts[i]),
    );
    for (const [i, threads] of [1, 2, 5].entries()) {
      const pool = openBlockPool(threads);
      try {
        for (const engine of ENGINES) {
          const again = await convertFile(file, [9000], {
            ...settings,
            pool,
            engine,
            chunkBytes: [1, 7, 65_536][i] ?? 1,
          });
          assert.deepEqual(again.parts, first.parts);
        }
      } finally {
        await pool.close();
      }
    }
  });
});
