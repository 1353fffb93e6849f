import assert from 'node:assert/strict';
import { MemorySource } from '@wikifleet/testing/memory-source';
import { splitsOf } from '@wikifleet/domain/jobs';
import { openBlockPool } from './block-pool.js';
import { ENGINES } from './engines.js';
import { IndexComparison, compareOrders, readIndex } from './multistream-index.js';
import type { IndexEntry } from './multistream-index.js';
import { EMPTY_STREAM, bz2Stream } from '@wikifleet/testing/bz2-stream';
import { LONG_TESTS } from '@wikifleet/testing/extent';
import { expectedSamples } from '@wikifleet/testing/samples';
import { convertFile, convertPart, readSample, smallDump } from './testing/test-tools.js';
import type { ConvertedFile, Settings } from './testing/test-tools.js';

const DUMP = smallDump(30, (page) => `text ${page} `.repeat(20));
const PAGES_PER_STREAM = 5;
const pool = openBlockPool(1);

interface Multistream {
  readonly head: Buffer;
  /** Of five pages each, in blocks that begin in mid-page. */
  readonly streams: readonly Buffer[];
  readonly tail: Buffer;
}

function multistream(): Multistream {
  const streams = [];
  for (let at = 0; at < DUMP.pages.length; at += PAGES_PER_STREAM) {
    const bytes = Buffer.from(DUMP.pages.slice(at, at + PAGES_PER_STREAM).join(''));
    const third = Math.floor(bytes.length / 3);
    streams.push(bz2Stream([bytes.subarray(0, third), bytes.subarray(third, 2 * third), bytes.subarray(2 * third)]));
  }
  return {
    head: bz2Stream([Buffer.from(DUMP.head)]),
    streams,
    tail: Buffer.concat([bz2Stream([Buffer.from(DUMP.tail)]), EMPTY_STREAM]),
  };
}

const FILE = multistream();

function indexOf({ head, streams }: Multistream): string {
  let offset = head.length;
  let text = '';
  for (const [i, stream] of streams.entries()) {
    for (let page = 1; page <= PAGES_PER_STREAM; page += 1) {
      text += `${offset}:${i * PAGES_PER_STREAM + page}:A title: with &quot;colons&quot; ষ\n`;
    }
    offset += stream.length;
  }
  return text;
}

async function compare(
  file: Buffer,
  index: Buffer,
  splitBytes: number | null = null,
  settings: Settings = {},
): Promise<{ problems: string[]; pages: number }> {
  const comparison = new IndexComparison(readIndex(new MemorySource(index, 7), pool));
  for (const split of splitsOf(file.length, splitBytes)) {
    const { failure } = await convertPart(file, split, { ...settings, onPages: comparison });
    assert.equal(failure, null);
  }
  const problems = await comparison.problems();
  await comparison.close();
  return { problems, pages: comparison.pages };
}

function whole({ head, streams, tail }: Multistream): Buffer {
  return Buffer.concat([head, ...streams, tail]);
}

describe('multistream index', function () {
  this.timeout(120_000);
  const text = indexOf(FILE);

  it('equals its dump, at every split size, by each engine and any number of threads', async () => {
    const threads = openBlockPool(5);
    try {
      for (const index of [Buffer.from(text), bz2Stream([Buffer.from(text)])]) {
        for (const splitBytes of [100, 333, 1000, null]) {
          for (const settings of [{ pool: threads }, ...ENGINES.map((engine) => ({ engine }))]) {
            const found = await compare(whole(FILE), index, splitBytes, settings);
            assert.deepEqual([splitBytes, found], [splitBytes, { problems: [], pages: 30 }]);
          }
        }
      }
    } finally {
      await threads.close();
    }
  });

  const { streams } = FILE;
  const damages: readonly [what: string, streams: Buffer[], messages: RegExp[]][] = [
    [
      'a stream is missing',
      streams.toSpliced(2, 1),
      [/missing in the dump.*: 5 \(page 11 in .*page 15 /, /other bytes.*: 15 \(page 16: expected \d+, received \d+/],
    ],
    ['the last stream is missing', streams.toSpliced(5, 1), [/missing in the dump.*: 5 \(page 26 /]],
    ['all are missing', [], [/missing in the dump.*: 30 \(page 1 .*page 5 in the stream at byte \d+, …\)/]],
    [
      'a stream is there twice',
      streams.toSpliced(2, 0, streams[2]!),
      [/not in the multistream index.*: 5 \(page 11 /, /other bytes.*: 15 /],
    ],
    ['the last is there twice', [...streams, streams[5]!], [/not in the multistream index.*: 5 \(page 26 /]],
    [
      'streams are swapped',
      [streams[0]!, streams[2]!, streams[1]!, ...streams.slice(3)],
      [/missing.*: 5 \(page 6 /, /not in the.*: 5 \(page 6 /, /other bytes/],
    ],
    ['an empty stream is there', streams.toSpliced(3, 0, EMPTY_STREAM), [/other bytes.*: 15 \(page 16: /]],
  ];
  for (const [what, changed, messages] of damages) {
    it(`shows that ${what}`, async () => {
      for (const splitBytes of [333, null]) {
        const { problems } = await compare(whole({ ...FILE, streams: changed }), Buffer.from(text), splitBytes);
        assert.equal(problems.length, messages.length, problems.join('\n'));
        for (const [i, message] of messages.entries()) assert.match(problems[i]!, message);
      }
    });
  }

  it('is compared with receipts alone, too: each damage above is a difference, at every split size', async () => {
    const compareParts = async ({ parts }: ConvertedFile, index = text): Promise<string[]> => {
      async function* orders() {
        for (const { sequence } of parts) yield await Promise.resolve(sequence.pageOrder);
      }
      return await compareOrders(readIndex(new MemorySource(Buffer.from(index)), pool), orders());
    };
    for (const splitBytes of LONG_TESTS ? [40, 150, 333, 1000, null] : [150, 1000, null]) {
      const sound = await convertFile(whole(FILE), splitBytes);
      assert.deepEqual(await compareParts(sound), []);
      for (const [what, changed] of damages) {
        // an empty stream changes no page, and only later places
        if (changed.includes(EMPTY_STREAM)) continue;
        const problems = await compareParts(await convertFile(whole({ ...FILE, streams: changed }), splitBytes));
        assert.ok(problems.length > 0, `${what}, splits of ${splitBytes} bytes`);
        assert.match(problems.join('\n'), /differs from the multistream index|has 30 pages, the dump \d+/);
      }
      // one page other than in the index, the number of pages equal
      const other = text.replace(/^(\d+):17:/m, '$1:99:');
      assert.match((await compareParts(sound, other))[0] ?? '', /split \d+ differs/);
      assert.match((await compareParts(sound, 'x\n'))[0] ?? '', /cannot be compared.*line 1/);
    }
  });

  it('that cannot be read is a problem of the comparison, and the dump is converted', async () => {
    for (const [index, message] of [
      [Buffer.from('5:6\n'), /line 1: expected offset:page id:title, received "5:6"/],
      [Buffer.from(`${text}x`), /line 31/],
      [Buffer.alloc(10_000, 0x31), /a line of at most 4096 bytes/],
      [bz2Stream([Buffer.from(text)]).subarray(0, 99), /bzip2 data/],
    ] as const) {
      const { problems } = await compare(whole(FILE), index);
      assert.match(problems[0]!, /the multistream index cannot be compared/);
      assert.match(problems[0]!, message);
    }
    assert.match((await compare(whole(FILE), Buffer.alloc(0))).problems[0]!, /not in the multistream index.*: 30 /);
  });

  it('of each real sample equals its dump', async function () {
    if (expectedSamples() === null) return this.skip('the real dump samples beside the checkout (../shared/samples)');
    for (const name of ['bnwiki-20230501-excerpt', 'elwikivoyage-sample']) {
      const dump = readSample(`multistream/${name}-multistream.xml.bz2`);
      const index = readSample(`multistream/${name}-multistream-index.txt.bz2`);
      const { problems, pages } = await compare(dump, index, Math.ceil(dump.length / 5));
      assert.deepEqual([name, problems], [name, []]);
      const entries: IndexEntry[] = [];
      for await (const entry of readIndex(new MemorySource(index), pool)) entries.push(entry);
      assert.equal(pages, entries.length);
    }
  });
});
