import assert from 'node:assert/strict';
import { MemorySource } from '@wikifleet/testing/memory-source';
import { Random } from '@wikifleet/testing/random';
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { FleetError } from '@wikifleet/domain/errors';
import { openBlockPool } from './block-pool.js';
import { ENGINES } from './engines.js';
import { EMPTY_STREAM, PLANTED_BLOCK, bz2Stream } from '@wikifleet/testing/bz2-stream';
import { LONG_TESTS } from '@wikifleet/testing/extent';
import { canonical, quickSamples } from '@wikifleet/testing/samples';
import { convertFile, convertPart, pieces, readSample, smallDump, wholeText } from './testing/test-tools.js';

const TEXT = wholeText(smallDump(12, (page) => `text of ${page} `.repeat(40)));
const PLACES = new Random(7).cuts(9, TEXT.length);
const BLOCKS = pieces(TEXT, PLACES);

/** One stream of ten blocks; ten streams of one; both with empty streams between and behind. */
const FILES: readonly [string, Buffer][] = [
  ['one stream of many blocks', bz2Stream(BLOCKS)],
  ['many streams', Buffer.concat(BLOCKS.map((block) => bz2Stream([block])))],
  [
    'empty streams in between',
    Buffer.concat([EMPTY_STREAM, ...BLOCKS.flatMap((block) => [bz2Stream([block]), EMPTY_STREAM])]),
  ],
  ['levels that change', Buffer.concat(BLOCKS.map((block, i) => bz2Stream([block], [], 1 + (i % 9))))],
];

function linesOf(rows: Buffer): string[] {
  return rows.toString('utf8').split('\n').filter(Boolean);
}

describe('splits', function () {
  for (const [what, file] of FILES) {
    it(`cut every so many bytes give the rows of the whole: ${what}`, async () => {
      const whole = await convertFile(file);
      assert.deepEqual(whole.problems, []);
      assert.equal(whole.counts.pages, 12);
      for (const cut of [41, 97, 300, 701, 1500]) {
        const { rows, problems, counts } = await convertFile(file, cut);
        assert.deepEqual([cut, problems], [cut, []]);
        assert.ok(rows.equals(whole.rows), `cut every ${cut} bytes`);
        assert.deepEqual(counts, whole.counts);
      }
    });
  }

  it('give the same from each engine', async () => {
    const [, file] = FILES[0]!;
    const texts = new Set<string>();
    for (const engine of ENGINES) texts.add((await convertFile(file, 500, { engine })).rows.toString());
    assert.equal(texts.size, 1);
  });

  it('give the same part and members by 1, 2 and 5 threads, in chunks of any size', async () => {
    const [, file] = FILES[1]!;
    for (const rows of [{}, { compression: 'gzip' }, { format: 'parquet', compression: 'gzip' }] as const) {
      const one = await convertFile(file, 1500, rows);
      for (const threads of [2, 5]) {
        const pool = openBlockPool(threads);
        try {
          for (const chunkBytes of [1, 7, 1 << 20]) {
            const many = await convertFile(file, 1500, { ...rows, pool, chunkBytes });
            assert.ok(many.rows.equals(one.rows));
            assert.deepEqual(
              many.parts.map(({ members }) => members),
              one.parts.map(({ members }) => members),
            );
          }
        } finally {
          await pool.close();
        }
      }
    }
  });

  it('pass over a magic that stands in a block by chance, and say so', async () => {
    const file = bz2Stream(
      BLOCKS,
      BLOCKS.map(() => ({ planted: [PLANTED_BLOCK] })),
    );
    const whole = await convertFile(file);
    assert.deepEqual(whole.problems, []);
    const pool = openBlockPool(3);
    let rejectedCandidates = 0;
    try {
      for (let cut = 1; cut < file.length; cut += LONG_TESTS ? 97 : 211) {
        const { rows, problems, parts } = await convertFile(file, [cut], { pool });
        assert.deepEqual([cut, problems], [cut, []]);
        assert.ok(rows.equals(whole.rows), `cut at ${cut}`);
        rejectedCandidates += parts[1]?.rejectedCandidates.length ?? 0;
      }
    } finally {
      await pool.close();
    }
    assert.ok(rejectedCandidates > 0, 'some cut fell before a planted magic');
  });

  it('never give fewer rows without a problem: a flipped bit anywhere', async () => {
    const [, file] = FILES[1]!;
    const whole = await convertFile(file);
    for (let byte = 0; byte < file.length; byte += LONG_TESTS ? 53 : 131) {
      const broken = Buffer.from(file);
      broken[byte]! ^= 1 << (byte % 8);
      for (const cut of [null, 900]) {
        const { rows, problems } = await convertFile(broken, cut);
        assert.ok(problems.length > 0 || rows.equals(whole.rows), `byte ${byte}, cut ${cut}: nothing was said`);
      }
    }
  });

  it('never give fewer rows without a problem: cut short anywhere, or without a block', async () => {
    const [, file] = FILES[1]!;
    for (let end = 0; end < file.length; end += LONG_TESTS ? 131 : 307) {
      for (const cut of [null, 900]) {
        assert.notDeepEqual((await convertFile(file.subarray(0, end), cut)).problems, [], `${end} bytes, cut ${cut}`);
      }
    }
    const withoutBeginning = Buffer.concat(BLOCKS.slice(3).map((block) => bz2Stream([block])));
    assert.notDeepEqual((await convertFile(withoutBeginning)).problems, []);
  });

  it('take gzip and plain XML as one', async () => {
    const expected = (await convertFile(FILES[0]![1])).rows;
    for (const file of [
      Buffer.from(TEXT),
      gzipSync(TEXT),
      Buffer.concat([gzipSync(TEXT.slice(0, 99)), gzipSync(TEXT.slice(99))]),
    ]) {
      const { rows, problems } = await convertFile(file, 1000);
      assert.deepEqual(problems, []);
      assert.ok(rows.equals(expected));
    }
    assert.deepEqual((await convertFile(gzipSync(TEXT).subarray(0, -9))).problems, ['GZIP_TRUNCATED']);
    assert.deepEqual((await convertFile(Buffer.concat([gzipSync(TEXT), Buffer.from('xx')]))).problems, [
      'GZIP_TRAILING_GARBAGE',
    ]);
  });

  it('end at once when they are aborted, and leave nothing open', async () => {
    const [, file] = FILES[0]!;
    const source = new MemorySource(file, 100);
    const controller = new AbortController();
    const conversion = convertPart(source, { start: 0, end: file.length }, { signal: controller.signal });
    controller.abort(new Error('stop'));
    await assert.rejects(conversion, /stop/);
    assert.equal(source.open, 0);
  });

  it('reject when the threads end under them', async () => {
    const [, file] = FILES[0]!;
    const pool = openBlockPool(2);
    try {
      const first = assert.rejects(convertPart(file, { start: 0, end: file.length }, { pool }), FleetError);
      await pool.close();
      await first;
    } finally {
      await pool.close();
    }
  });

  const samples = quickSamples();
  it('cut at random give the rows of the independent reader, for the real dumps in ../shared/samples where they are', async function () {
    this.timeout(180_000);
    if (samples === null) return this.skip('the real dump samples beside the checkout (../shared/samples)');
    for (const [name, expected] of Object.entries(samples)) {
      const file = readSample(name);
      const random = new Random(file.length);
      for (const cut of [null, random.cuts(4, file.length)]) {
        const { rows, problems } = await convertFile(file, cut);
        if (expected.sha256 === undefined) {
          if (!/page_sample|testFormattingError|articles\.xml/.test(name)) assert.notDeepEqual(problems, [], name);
          continue;
        }
        const hash = createHash('sha256');
        for (const line of linesOf(rows)) hash.update(`${canonical(line)}\n`);
        const found = { name, rows: linesOf(rows).length, sha256: hash.digest('hex') };
        assert.deepEqual(found, { name, rows: expected.rows, sha256: expected.sha256 });
        if (!/no-siteinfo|xml-p\d+p\d+\.bz2|schemas/.test(name)) assert.deepEqual([name, problems], [name, []]);
      }
    }
  });
});
