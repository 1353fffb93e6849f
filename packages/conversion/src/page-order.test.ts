import assert from 'node:assert/strict';
import { descentsOf } from '@wikifleet/domain/page-order';
import type { Descents } from '@wikifleet/domain/page-order';
import { openBlockPool } from './block-pool.js';
import { ENGINES } from './engines.js';
import { bz2Stream } from '@wikifleet/testing/bz2-stream';
import { convertFile, smallDump } from './testing/test-tools.js';
import type { ConvertedFile } from './testing/test-tools.js';

const DUMP = smallDump(24);
const HEAD = bz2Stream([Buffer.from(DUMP.head)]);
const TAIL = bz2Stream([Buffer.from(DUMP.tail)]);
/** A stream for each four pages; a page of them has no revision, and one has a revision that cannot be read. */
const STREAMS = Array.from({ length: 6 }, (_, i) => {
  const pages = DUMP.pages.slice(4 * i, 4 * i + 4);
  pages[1] = pages[1]!.replace(/ {4}<revision>.*<\/revision>\n/s, '');
  pages[2] = pages[2]!.replaceAll('<timestamp>', '<times>');
  return bz2Stream([Buffer.from(pages.join(''))]);
});

function descents({ parts }: ConvertedFile): Descents {
  return descentsOf(parts.map(({ sequence }) => sequence.pageOrder));
}

describe('the order of a dump', function () {
  this.timeout(120_000);
  const cases: [what: string, streams: Buffer[], count: number, first: [id: number, after: number] | null][] = [
    ['as it should be', STREAMS, 0, null],
    ['a stream twice', STREAMS.toSpliced(2, 0, STREAMS[2]!), 1, [9, 12]],
    ['streams swapped', [STREAMS[0]!, STREAMS[2]!, STREAMS[1]!, ...STREAMS.slice(3)], 1, [5, 12]],
    ['all twice', [...STREAMS, ...STREAMS], 1, [1, 24]],
    ['all backwards', STREAMS.toReversed(), 5, [17, 24]],
  ];
  for (const [what, streams, count, first] of cases) {
    it(`is counted alike at every split size, by each engine, by any threads: ${what}`, async () => {
      const file = Buffer.concat([HEAD, ...streams, TAIL]);
      const whole = descents(await convertFile(file));
      assert.equal(whole.descents, count);
      const { firstDescent } = whole;
      assert.deepEqual(firstDescent === null ? null : [firstDescent.id, firstDescent.after], first);
      const pool = openBlockPool(5);
      try {
        for (const size of [null, 150, 400, 1500]) {
          for (const settings of [{ pool }, ...ENGINES.map((engine) => ({ engine }))]) {
            assert.deepEqual(descents(await convertFile(file, size, settings)), whole);
          }
        }
      } finally {
        await pool.close();
      }
    });
  }
});
