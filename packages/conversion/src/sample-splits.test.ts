import assert from 'node:assert/strict';
import { Random } from '@wikifleet/testing/random';
import { createHash } from 'node:crypto';
import * as zlib from 'node:zlib';
import { COMPRESSIONS_OF } from '@wikifleet/domain/plan';
import type { RowsFormat } from '@wikifleet/domain/plan';
import { openBlockPool } from './block-pool.js';
import { DEFAULT_ENGINE, ENGINES } from './engines.js';
import { EXHAUSTIVE, LONG_TESTS, extent } from '@wikifleet/testing/extent';
import { canonical, expectedSamples } from '@wikifleet/testing/samples';
import { convertFile, readSample } from './testing/test-tools.js';
import type { ConvertedFile } from './testing/test-tools.js';

/** What is said of the samples that are not whole; of all others nothing. */
const PROBLEMS: Readonly<Record<string, readonly string[]>> = {
  'multistream/pages-articles-p2566p2583.multistream-nofooter.xml.bz2': ['NO_END_TAG'],
  'multistream/pages-articles-p2566p2583.multistream-noheader.xml.bz2': ['NO_BEGINNING'],
  'odd/malformed/page_sample.xml': ['NO_BEGINNING', 'NO_END_TAG'],
  'odd/malformed/testFormattingError.xml': ['BYTES_OUTSIDE_PAGES'],
  'odd/malformed/testFormattingError2.xml': ['BYTES_OUTSIDE_PAGES'],
  'odd/wikidata-pages-articles-sample4.xml-p4606p5340.bz2': ['NO_END_TAG'],
  'odd/wikidata-pages-articles-sample4.xml-p5341p5345.bz2': ['NO_END_TAG'],
};

/** Files up to so many bytes are cut in every way, larger ones at random. */
const SMALL = 20 * 1024;
const SEED = Number(process.env['WIKIFLEET_FUZZ_SEED'] ?? 1);
const HAS_ZSTD = typeof zlib.zstdDecompressSync === 'function';
const FORMATS: readonly RowsFormat[] = (['jsonl', 'parquet'] as const).flatMap((format) =>
  COMPRESSIONS_OF[format]
    .filter((compression) => compression !== 'zstd' || HAS_ZSTD)
    .map((compression) => ({ format, compression })),
);

function digest(rows: Buffer): string {
  const hash = createHash('sha256');
  for (const line of rows.toString('utf8').split('\n').slice(0, -1)) hash.update(`${canonical(line)}\n`);
  return hash.digest('hex');
}

function checkSame(cut: ConvertedFile, whole: ConvertedFile, how: string): void {
  assert.deepEqual(cut.problems, whole.problems, how);
  assert.deepEqual(cut.counts, whole.counts, how);
  assert.ok(cut.rows.equals(whole.rows), how);
  assert.equal(cut.quarantined, whole.quarantined, how);
}

/** Sizes of splits: all in exhaustive tests, else ever fewer. Those that make thousands of splits say no more than others. */
function* sizesOf(length: number): Generator<number> {
  for (let size = extent(1, length / 120, length / 40); size < length; size += extent(1, size / 4, size / 2))
    yield Math.ceil(size);
}

describe(`splits of the real dump samples, seed ${SEED}`, function () {
  this.timeout(EXHAUSTIVE ? 3_600_000 : 300_000);
  const samples = expectedSamples();
  if (samples === null) {
    it.skip('(skipped: the real dump samples beside the checkout (../shared/samples))');
    return;
  }
  const pool = openBlockPool(2);
  after(async () => await pool.close());

  for (const [name, expected] of Object.entries(samples)) {
    it(name, async () => {
      const file = readSample(name);
      const whole = await convertFile(file);
      assert.deepEqual(whole.problems, PROBLEMS[name] ?? []);
      if (expected.sha256 !== undefined) {
        assert.deepEqual([whole.counts.pages, whole.counts.rows], [expected.pages, expected.rows]);
        assert.equal(digest(whole.rows), expected.sha256);
      }
      if (file.toString('latin1', 0, 3) !== 'BZh') return;
      if (file.length < SMALL) {
        for (const size of sizesOf(file.length)) {
          checkSame(await convertFile(file, size, { engine: 'reference' }), whole, `splits of ${size} bytes`);
        }
        return;
      }
      const random = new Random(SEED + file.length);
      for (let round = 0; round < extent(20, 2, 1); round += 1) {
        const cuts = random.cuts(1 + random.below(8), file.length);
        checkSame(await convertFile(file, cuts, { pool }), whole, `cut at ${cuts.join()}`);
      }
    });
  }

  it('the same parts, byte for byte, from 1, 2 and 5 threads, in chunks of any size, by each engine', async () => {
    const file = readSample('history/aawiki-20260101-pages-meta-history.xml.bz2');
    const cuts = [60_000, 150_000];
    const pools = [1, 2, 5].map(openBlockPool);
    try {
      for (const rows of FORMATS) {
        const first = await convertFile(file, cuts, rows);
        assert.deepEqual(first.problems, []);
        for (const [i, one] of pools.entries()) {
          const chunkBytes = [rows === FORMATS[0] ? 1 : 4093, 7, 1024 * 1024][i] ?? 1;
          for (const engine of LONG_TESTS ? ENGINES : [DEFAULT_ENGINE]) {
            const { parts } = await convertFile(file, cuts, { ...rows, pool: one, chunkBytes, engine });
            assert.deepEqual(parts, first.parts);
          }
        }
      }
    } finally {
      await Promise.all(pools.map(async (one) => await one.close()));
    }
  });
});
