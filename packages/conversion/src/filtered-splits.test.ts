import assert from 'node:assert/strict';
import { Random } from '@wikifleet/testing/random';
import { emptyCounts } from '@wikifleet/domain/receipts';
import { openBlockPool } from './block-pool.js';
import { ENGINES } from './engines.js';
import { quickSamples } from '@wikifleet/testing/samples';
import { convertFile, readSample } from './testing/test-tools.js';

const FILTERS = [
  { namespaces: [0], redirects: true },
  { namespaces: [0, 14], redirects: false },
  { namespaces: null, redirects: false },
  // keeps nothing at all, in most of them
  { namespaces: [999], redirects: false },
];
const SAMPLES = [
  'history/aawiki-20260101-pages-meta-history.xml.bz2',
  'multistream/elwikivoyage-sample-multistream.xml.bz2',
  'odd/bgwiki-utf16.xml.bz2',
  'single-stream/aawiki-20260101-pages-meta-current.xml.bz2',
  'stubs/sample-stubs.gz',
];

describe('splits under a filter', function () {
  this.timeout(120_000);
  const samples = quickSamples();
  if (samples === null) {
    it.skip('(skipped: the real dump samples beside the checkout (../shared/samples))');
    return;
  }
  const pool = openBlockPool(2);
  after(async () => await pool.close());

  for (const name of SAMPLES.filter((one) => one in samples)) {
    it(`${name}: however it is cut, the same rows, and counts that add up`, async () => {
      const file = readSample(name);
      const whole = await convertFile(file);
      assert.deepEqual(whole.problems, []);
      const random = new Random(file.length);
      for (const filter of FILTERS) {
        for (const engine of ENGINES) {
          const cuts = random.cuts(1 + random.below(6), file.length);
          const how = `${engine}, ${JSON.stringify(filter)}, cut at ${cuts.join()}`;
          const { rows, counts, problems, quarantined, parts } = await convertFile(file, cuts, {
            filter,
            engine,
            pool,
          });
          assert.deepEqual([problems, quarantined], [[], ''], how);
          assert.equal(rows.toString(), owedOf(whole.rows, filter), how);
          assert.equal(counts.rows + counts.filteredRevisions, whole.counts.rows, how);
          assert.deepEqual(
            { ...counts, rows: 0, unmapped: {}, filteredPages: 0, filteredRevisions: 0, pagesWithoutNamespace: 0 },
            { ...emptyCounts(), pages: whole.counts.pages, pagesWithoutRevision: counts.pagesWithoutRevision },
            how,
          );
          for (const { members, counts: of, rows: bytes } of parts) {
            assert.equal(
              members.reduce((sum, member) => sum + member.rows, 0),
              of.rows,
              how,
            );
            assert.equal(bytes.length === 0, of.rows === 0, how);
          }
        }
      }
    });
  }
});

function owedOf(rows: Buffer, { namespaces, redirects }: (typeof FILTERS)[number]): string {
  const lines = rows.toString().split('\n').slice(0, -1);
  const owed = lines.filter((line) => {
    const row = JSON.parse(line) as { page_namespace_id: number | null; page_redirect_target: string | null };
    const isThere = namespaces === null || row.page_namespace_id === null || namespaces.includes(row.page_namespace_id);
    return isThere && (redirects || row.page_redirect_target === null);
  });
  return owed.map((line) => `${line}\n`).join('');
}
