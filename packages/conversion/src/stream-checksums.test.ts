import assert from 'node:assert/strict';
import { Random } from '@wikifleet/testing/random';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { joinProblems } from '@wikifleet/domain/join';
import { splitsOf } from '@wikifleet/domain/jobs';
import { EMPTY_STREAM, bz2Stream } from '@wikifleet/testing/bz2-stream';
import { crcOf, cutStreams, joinStreams, rangesOf } from './testing/test-streams.js';
import type { TestBlock, TestStream } from './testing/test-streams.js';
import { EXHAUSTIVE, LONG_TESTS, extent } from '@wikifleet/testing/extent';
import { convertFile, smallDump } from './testing/test-tools.js';

const SEED = Number(process.env['WIKIFLEET_FUZZ_SEED'] ?? 1);
/** Small enough that splits own one block or none, and large enough that one split has all. */
const SPLIT_BYTES = extent([97, 150, 333, 700, 1500, 4000, null], [150, 333, 1500, null], [333, 1500, null]);
const FIXTURES = resolve(import.meta.dirname, '../../../tests/fixtures/dumps');

const PAGES = 20;
const DUMP = smallDump(PAGES, (page) => `text ${page} `.repeat(3 + (page % 5)));
/** Each is complete pages, so that the XML stays well-formed whatever blocks are lost: only the checksum shows it. */
const PAGE_BLOCKS = [DUMP.head, ...DUMP.pages, DUMP.tail].map((text) => Buffer.from(text));

function streamsOf(...groups: (readonly Uint8Array[])[]): TestStream[] {
  return cutStreams(Buffer.concat(groups.map((blocks) => bz2Stream(blocks))));
}

/** The index is of the stream whose blocks are damaged; it has 18 blocks or more. */
const LAYOUTS: readonly [what: string, streams: TestStream[], damaged: number][] = [
  ['one stream of 22 blocks', streamsOf(PAGE_BLOCKS), 0],
  ['one stream of 22 blocks and an empty one', streamsOf(PAGE_BLOCKS, []), 0],
  [
    'streams of one, 19, one, no and one block, and empty ones around',
    streamsOf(
      [],
      PAGE_BLOCKS.slice(0, 1),
      PAGE_BLOCKS.slice(1, 20),
      PAGE_BLOCKS.slice(20, 21),
      [],
      PAGE_BLOCKS.slice(21),
      [],
    ),
    2,
  ],
];

const DAMAGES: readonly [what: string, change: (blocks: readonly TestBlock[], i: number) => TestBlock[]][] = [
  ['a block is missing', (blocks, i) => blocks.toSpliced(i, 1)],
  ['two blocks are missing', (blocks, i) => blocks.toSpliced(i, 2)],
  ['a block is there twice', (blocks, i) => blocks.toSpliced(i, 0, ...blocks.slice(i, i + 1))],
  ['a block is there again at the end', (blocks, i) => blocks.toSpliced(-1, 0, ...blocks.slice(i, i + 1))],
  ['neighbours are swapped', (blocks, i) => swapped(blocks, i, i + 1)],
  ['distant blocks are swapped', (blocks, i) => swapped(blocks, i, i + 7)],
];

function swapped(blocks: readonly TestBlock[], i: number, j: number): TestBlock[] {
  return blocks.map((block, k) => (k === i ? blocks[j] : k === j ? blocks[i] : block) ?? block);
}

describe('stream checksums', function () {
  this.timeout(EXHAUSTIVE ? 3_600_000 : 180_000);

  it('files are taken apart and put together again to the same bytes', () => {
    const file = Buffer.concat([
      EMPTY_STREAM,
      bz2Stream(PAGE_BLOCKS),
      bz2Stream(PAGE_BLOCKS.slice(3, 7)),
      EMPTY_STREAM,
    ]);
    const streams = cutStreams(file);
    assert.deepEqual(
      streams.map(({ blocks }) => blocks.length),
      [0, PAGE_BLOCKS.length, 4, 0],
    );
    assert.ok(joinStreams(streams).equals(file));
    for (const { blocks, crc } of streams) assert.equal(crcOf(blocks), crc);
  });

  for (const [layout, streams, index] of LAYOUTS) {
    it(`join at every split size: ${layout}`, async () => {
      const whole = await convertFile(joinStreams(streams));
      assert.equal(whole.counts.pages, PAGES);
      for (const size of SPLIT_BYTES) {
        const { problems, rows } = await convertFile(joinStreams(streams), size);
        assert.deepEqual([size, problems], [size, []]);
        assert.ok(rows.equals(whole.rows));
      }
    });

    for (const [what, change] of DAMAGES) {
      it(`refuse at every split size that ${what}: ${layout}`, async () => {
        const stream = streams[index]!;
        for (const at of extent([1, 5, 10], [1, 10], [10])) {
          const blocks = change(stream.blocks, at);
          const damaged = streams.with(index, { ...stream, blocks });
          const file = joinStreams(damaged);
          for (const size of SPLIT_BYTES) {
            const { problems, parts } = await convertFile(file, size);
            assert.deepEqual([size, at, problems], [size, at, ['BZIP2_STREAM_CRC']]);
            // a split that has all of the stream fails by itself, and then there is nothing to join
            if (parts.some(({ failure }) => failure !== null)) continue;
            const results = parts.map((part, i) => ({ ...part, split: { index: i } }));
            const [problem] = joinProblems(file.length, results);
            const { from, to } = rangesOf(damaged)[index]!;
            assert.equal(problem?.place, `bits ${from} to ${to} (bytes ${from / 8} to ${to / 8})`);
            assert.match(problem.expected, new RegExp(hex(stream.crc)));
            assert.match(problem.received, new RegExp(`${hex(crcOf(blocks))}.* ${blocks.length} blocks`));
          }
        }
      });
    }
  }

  it(`refuse random damage exactly where bzip2 does, in random files cut at random, seed ${SEED}`, async () => {
    const random = new Random(SEED);
    let refused = 0;
    for (let round = 0; round < extent(2000, 80, 40); round += 1) {
      const streams = randomStreams(random);
      const damaged = round % 4 === 0 ? streams : streams.map((stream) => randomDamage(random, stream));
      const isGood = damaged.every(({ blocks, crc }) => crcOf(blocks) === crc);
      const file = joinStreams(damaged);
      const cuts = random.cuts(random.below(12), file.length);
      const { problems } = await convertFile(file, cuts);
      const found = problems.includes('BZIP2_STREAM_CRC');
      const how = `seed ${SEED}, round ${round}, blocks ${damaged.map(({ blocks }) => blocks.length).join()}, cut at ${cuts.join()}`;
      assert.equal(found, !isGood, how);
      // the blocks are complete pages: nothing else is wrong with these files
      assert.deepEqual(
        problems.filter((code) => code !== 'BZIP2_STREAM_CRC'),
        [],
        how,
      );
      if (found) refused += 1;
    }
    assert.ok(refused > 10, `${refused} were damaged`);
  });

  it('are those of bzip2 -t', function () {
    const [, streams] = LAYOUTS[0]!;
    const stream = streams[0]!;
    if (spawnSync('bzip2', ['--help']).error !== undefined) return this.skip('bzip2');
    const test = (file: Buffer): number | null => spawnSync('bzip2', ['-t'], { input: file }).status;
    assert.equal(test(joinStreams(streams)), 0);
    for (const [what, change] of DAMAGES) {
      assert.notEqual(test(joinStreams([{ ...stream, blocks: change(stream.blocks, 5) }])), 0, what);
    }
  });

  it('join for each fixture, in splits of any size, most of them without a block', async () => {
    const files = readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.bz2'));
    assert.ok(files.length > 0);
    for (const name of files) {
      const file = readFileSync(join(FIXTURES, name));
      const whole = await convertFile(file);
      for (const count of LONG_TESTS ? [2, 3, 7, 16, 40] : [3, 16]) {
        const size = Math.max(1, Math.ceil(file.length / count));
        const { problems } = await convertFile(file, size);
        // what is no dump at all is refused by each split
        assert.deepEqual([name, size, [...new Set(problems)]], [name, size, whole.problems]);
      }
    }
  });

  it('have splits without a block, and splits that begin or end at a stream, a header or a trailer', async () => {
    const [, streams, index] = LAYOUTS[2]!;
    const stream = streams[index]!;
    const good = joinStreams(streams);
    const bad = joinStreams(streams.with(index, { ...stream, blocks: stream.blocks.toSpliced(9, 1) }));
    for (const [file, expected] of [
      [good, []],
      [bad, ['BZIP2_STREAM_CRC']],
    ] as const) {
      const borders = rangesOf(cutStreams(file)).flatMap(({ from, to }) => [from / 8, to / 8]);
      for (const border of borders) {
        for (const offset of LONG_TESTS ? [-14, -10, -6, -4, -1, 0, 1, 4, 5, 10] : [-10, -1, 0, 4]) {
          const cut = border + offset;
          if (cut <= 0 || cut >= file.length) continue;
          const { problems } = await convertFile(file, [cut]);
          // one split of the two may have all of the damaged stream
          assert.deepEqual([cut, problems], [cut, expected]);
        }
      }
      const bytes = LONG_TESTS ? 3 : 17;
      const one = splitsOf(file.length, bytes);
      const { problems, parts } = await convertFile(file, bytes);
      assert.equal(parts.length, one.length);
      assert.ok(parts.filter(({ firstBlock }) => firstBlock === null).length > parts.length / 2);
      assert.deepEqual(problems, expected);
    }
  });

  it('cover a file in UTF-16, which the first split has alone', async () => {
    const text = Buffer.from(`\ufeff${DUMP.head}${DUMP.pages.join('')}${DUMP.tail}`, 'utf16le');
    const pieces = Array.from({ length: 24 }, (_, i) =>
      text.subarray(Math.floor((i * text.length) / 24), Math.floor(((i + 1) * text.length) / 24)),
    );
    const file = bz2Stream(pieces);
    for (const cut of [null, 1, 3, 5, 40, 1000]) {
      const cuts = cut === null ? null : [cut];
      const { problems, counts } = await convertFile(file, cuts);
      assert.deepEqual([cut, problems, counts.pages], [cut, [], PAGES]);
    }
    const [stream] = cutStreams(file);
    const damaged = joinStreams([{ ...stream!, crc: (stream!.crc ^ 1) >>> 0 }]);
    for (const cut of [3, 40, 1000])
      assert.deepEqual((await convertFile(damaged, [cut])).problems, ['BZIP2_STREAM_CRC']);
  });
});

function hex(crc: number): string {
  return `0x${crc.toString(16).padStart(8, '0')}`;
}

/** The blocks of the dump in streams of random lengths, with empty streams here and there. */
function randomStreams(random: Random): TestStream[] {
  const groups: Buffer[][] = [];
  for (let at = 0; at < PAGE_BLOCKS.length;) {
    if (random.below(4) === 0) groups.push([]);
    const blocks = PAGE_BLOCKS.slice(at, at + 1 + random.below(random.below(2) === 0 ? 3 : 22));
    groups.push(blocks);
    at += blocks.length;
  }
  if (random.below(2) === 0) groups.push([]);
  return streamsOf(...groups);
}

/** Never of the first and the last block of the file, whose loss is another problem, too. */
function randomDamage(random: Random, stream: TestStream): TestStream {
  const { blocks } = stream;
  if (blocks.length < 4 || random.below(2) === 0) return stream;
  const i = 1 + random.below(blocks.length - 2);
  const j = 1 + random.below(blocks.length - 2);
  switch (random.below(4)) {
    case 0:
      return { ...stream, blocks: blocks.toSpliced(i, 1) };
    case 1:
      return { ...stream, blocks: blocks.toSpliced(i, 0, ...blocks.slice(j, j + 1)) };
    case 2:
      return { ...stream, blocks: swapped(blocks, i, j) };
    default:
      return { ...stream, crc: (stream.crc ^ (1 << random.below(32))) >>> 0 };
  }
}
