import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Compression } from '@wikifleet/domain/plan';
import { openBlockPool } from './block-pool.js';
import type { BlockPool } from './block-pool.js';
import { EMPTY_STREAM, bz2Stream } from '@wikifleet/testing/bz2-stream';
import { LONG_TESTS } from '@wikifleet/testing/extent';
import { quickSamples } from '@wikifleet/testing/samples';
import { MemorySink, convertPart, pieces, readSample, smallDump, wholeText } from './testing/test-tools.js';
import type { Part } from './testing/test-tools.js';

const FIXTURES = resolve(import.meta.dirname, '../../../tests/fixtures/dumps');
const FILTER = { namespaces: [0, 1], redirects: false };

const BLOCK_BYTES = 400_000;
const PAGES = LONG_TESTS ? 900 : 300;

/** Of several members, with what the threads refuse in the midst of it. */
function longDump(): string {
  const dump = smallDump(PAGES, (page) => `text of ${page} `.repeat((page % 50) * 30));
  const odd = (text: string, page: number): string => {
    if (page % 101 === 3) return text.replace('<origin>', '<origin><!-- -->');
    return page % 107 === 5 ? text.replace('<origin>1<', '<origin>x<') : text;
  };
  return wholeText({ ...dump, pages: dump.pages.map(odd) });
}

interface PartWithIndex extends Part {
  readonly index: string;
}

async function convert(
  file: Buffer,
  pool: BlockPool,
  compression: Compression,
  filtered: boolean,
): Promise<PartWithIndex> {
  const index = new MemorySink();
  const options = {
    pool,
    compression,
    index,
    ...(filtered ? { filter: FILTER } : {}),
  };
  const part = await convertPart(file, { start: 0, end: file.length }, options);
  return { ...part, index: index.text };
}

/** `xmlBytes` says how much was read, and threads read ahead of what is broken. */
function withoutReadAhead({ xmlBytes, failure, ...rest }: PartWithIndex): unknown {
  return failure === null ? { ...rest, xmlBytes } : { ...rest, code: failure.code, place: failure.place };
}

describe('conversions by several workers', function () {
  this.timeout(120_000);
  const [one, ...many] = (LONG_TESTS ? [1, 2, 3, 5] : [1, 2, 5]).map(openBlockPool);
  after(async () => await Promise.all([one, ...many].map(async (pool) => await pool?.close())));

  async function checkSame(file: Buffer): Promise<PartWithIndex> {
    let last: PartWithIndex | undefined;
    for (const compression of ['none', 'gzip'] as const) {
      for (const filtered of LONG_TESTS ? [true, false] : [compression === 'none']) {
        const whole = (last = await convert(file, one!, compression, filtered));
        for (const pool of many) {
          const found = await convert(file, pool, compression, filtered);
          const how = `${pool.workers} workers, ${compression}, ${filtered ? 'with a filter' : 'without a filter'}`;
          assert.deepEqual(withoutReadAhead(found), withoutReadAhead(whole), how);
        }
      }
    }
    return last!;
  }

  const text = longDump();
  const places = Array.from(
    { length: Math.floor(Buffer.byteLength(text) / BLOCK_BYTES) },
    (_, i) => (i + 1) * BLOCK_BYTES,
  );
  const blocks = pieces(text, places);
  const files: readonly [string, Buffer][] = [
    ['plain XML', Buffer.from(text)],
    ['gzip', gzipSync(text)],
    ['bzip2', bz2Stream(blocks)],
    ['bzip2 of many streams', Buffer.concat([...blocks.map((block) => bz2Stream([block])), EMPTY_STREAM])],
  ];
  for (const [what, file] of files) {
    it(`give the part of one worker: ${what} of several members, some of it for the reference`, async () => {
      const { counts, members, failure } = await checkSame(file);
      assert.equal(failure, null);
      assert.ok(members.length > 1 && counts.quarantined > 1 && counts.pages === PAGES);
    });

    it(`give the rows before the place where it breaks: ${what}`, async () => {
      for (const broken of [file.subarray(0, 0.7 * file.length), Buffer.concat([file, Buffer.from('garbage')])]) {
        const { counts } = await checkSame(broken);
        assert.ok(counts.rows > PAGES / 3);
      }
    });
  }

  it('say what is wrong with the pages, where the file is broken behind it, too', async () => {
    const stray = text.replace('<title>Page 140<', 'x</page> stray <title>Page 140<');
    const { failure, counts } = await checkSame(gzipSync(stray).subarray(0, -9));
    assert.deepEqual([failure?.code, counts.pages], ['BYTES_OUTSIDE_PAGES', PAGES]);
  });

  for (const name of readdirSync(FIXTURES)) {
    it(`give the part of one worker: ${name}`, async () => void (await checkSame(readFileSync(join(FIXTURES, name)))));
  }

  const samples = quickSamples();
  if (samples === null) it.skip('(skipped: the real dump samples beside the checkout (../shared/samples))');
  for (const name of Object.keys(samples ?? {})) {
    it(`give the part of one worker: ${name}`, async () => {
      const file = readSample(name);
      await checkSame(file);
      // without blocks fewer threads convert, too
      if (name.endsWith('.gz')) await checkSame(gunzipSync(file));
    });
  }
});
