import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { openBlockPool } from './block-pool.js';
import type { BlockPool } from './block-pool.js';
import { FREE_BYTES, MAX_EXPANSION } from './expansion-budget.js';
import { EMPTY_STREAM, bz2Stream } from '@wikifleet/testing/bz2-stream';
import { convertPart, smallDump, wholeText } from './testing/test-tools.js';
import type { Part } from './testing/test-tools.js';

/** One block of 45,899,235 times the letter x, the most that a block can hold: Python's `bz2.compress(b'x' * 45899235)`. */
const BOMB = Buffer.from('QlpoOTFBWSZTWbTrVKABX44AgIBAAAggADCATUZCoCWpCoCXF3JFOFCQtOtUoA==', 'base64');
const BOMB_BYTES = 45_899_235;

const [upTo = '', ...behind] = wholeText(smallDump(3, (page) => (page === 1 ? 'BOMB' : 'text'))).split('BOMB');

/** A dump in which a revision of the second page is that much longer. */
function bombed(blocks: number): Buffer {
  const bombs = Array.from({ length: blocks }, () => BOMB);
  return Buffer.concat([
    bz2Stream([Buffer.from(upTo)]),
    ...bombs,
    bz2Stream([Buffer.from(behind.join(''))]),
    EMPTY_STREAM,
  ]);
}

describe('bombs', function () {
  this.timeout(120_000);

  for (const threads of [1, 2]) {
    describe(`with ${threads} threads`, () => {
      let pool: BlockPool;
      before(() => {
        pool = openBlockPool(threads);
      });
      after(async () => await pool.close());

      async function convert(file: Buffer, start = 0, end = file.length): Promise<Part> {
        return await convertPart(file, { start, end }, { pool });
      }

      it('a block that is far too large to be sent is handed out slice by slice', async () => {
        const { failure, xmlBytes, counts, quarantined } = await convert(bombed(1));
        // its revision is larger than any that is converted; the pages behind it stand
        assert.deepEqual([failure, counts.pages, counts.rows, counts.quarantined], [null, 3, 5, 1]);
        assert.match(quarantined, /REVISION_TOO_LARGE/);
        assert.ok(xmlBytes > BOMB_BYTES);
      });

      it('a revision of several such blocks goes to the quarantine by its position; all others stand', async () => {
        // as many bytes as the budget needs, where nobody looks at them
        const padded = Buffer.concat([bombed(3), ...Array.from({ length: 3000 }, () => EMPTY_STREAM)]);
        const { failure, counts, quarantined } = await convert(padded);
        assert.deepEqual([failure, counts.pages, counts.rows, counts.quarantined], [null, 3, 5, 1]);
        assert.match(quarantined, /REVISION_TOO_LARGE/);
        assert.ok(quarantined.length < 10_000);
      });

      it('a file that expands without end fails with its place, after the pages before it', async () => {
        const file = bombed(1000);
        const started = performance.now();
        const { failure, counts, rows, xmlBytes } = await convert(file);
        assert.equal(failure?.code, 'EXPANDS_TOO_MUCH');
        assert.match(failure.place ?? '', /byte \d+/);
        assert.match(failure.message, /expected at most \d+ bytes unpacked from \d+, received \d+/);
        const most = MAX_EXPANSION * file.length + FREE_BYTES;
        assert.ok(xmlBytes > most && xmlBytes <= most + 1024 * 1024);
        assert.deepEqual([counts.pages, rows.toString('latin1').split('\n').length - 1], [2, 1]);
        assert.ok(performance.now() - started < 60_000);
      });

      it('a split that reads on into a bomb fails too, and so does one that begins in it', async () => {
        const file = bombed(1000);
        const first = bz2Stream([Buffer.from(upTo)]).length;
        for (const [start, end] of [
          [0, first],
          [first, first + 200],
        ] as const) {
          const { failure } = await convert(file, start, end);
          assert.equal(failure?.code, 'EXPANDS_TOO_MUCH', `split from ${start} to ${end}`);
        }
      });
    });
  }

  it('gzip cannot expand so much: 200 MB of nothing in a revision are a line of the quarantine', async () => {
    const file = gzipSync(
      Buffer.concat([Buffer.from(upTo), Buffer.alloc(200_000_000, 'x'), Buffer.from(behind.join(''))]),
    );
    const { failure, counts } = await convertPart(file, { start: 0, end: file.length });
    assert.deepEqual([failure, counts.rows, counts.quarantined], [null, 5, 1]);
  });
});
