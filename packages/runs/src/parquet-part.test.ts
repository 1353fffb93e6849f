import assert from 'node:assert/strict';
import * as zlib from 'node:zlib';
import { COMPRESSIONS_OF } from '@wikifleet/domain/plan';
import type { Member } from '@wikifleet/domain/receipts';
import { ByteReader } from './object-flaw.js';
import { rowGroupsContent } from '@wikifleet/parquet/file-check';
import { packRows, rowLine } from './testing/verify-harness.js';

const NUMBERS = Array.from({ length: 100_000 }, (_, i) => (i * 48_271) % 2_147_483_647).join();
const LISTS = [[rowLine(1, 1), rowLine(1, 2)], [rowLine(2, 3, NUMBERS)], [rowLine(3, 4, '')]];
const STEP = 9_973;
const HAS_ZSTD = typeof zlib.zstdCompress === 'function';
const COMPRESSIONS = COMPRESSIONS_OF.parquet.filter((compression) => compression !== 'zstd' || HAS_ZSTD);

async function* inPortions(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

function withoutFooter(bytes: Buffer, members: readonly Member[]): Buffer {
  const { offset, length } = members.at(-1)!;
  return bytes.subarray(0, offset + length);
}

/** Field 4, a list of 2^28 - 1 structs; the footer's length, and PAR1. */
const ENDLESS_FOOTER = Buffer.from('49fcffffff7f000700000050415231', 'hex');

describe('a Parquet part that is read again', () => {
  for (const compression of COMPRESSIONS) {
    const rows = { format: 'parquet', compression } as const;
    const problem = async (bytes: Uint8Array, members: readonly Member[]): Promise<string | null> =>
      await rowGroupsContent(members, compression)(new ByteReader(inPortions(bytes, 100_000)));

    it(`is whole: ${compression}`, async () => {
      const { bytes, members } = await packRows(rows, LISTS);
      assert.equal(await problem(bytes, members), null);
    });

    type Change = (bytes: Buffer, members: Member[]) => readonly [Uint8Array, readonly Member[]];
    const [first, second] = [0, 1];
    const changed: [what: string, change: Change, message: RegExp][] = [
      ['no magic', (bytes, members) => [bytes.fill('X', 0, 1), members], /expected PAR1, received "XAR1"/],
      [
        'a page header that is none',
        (bytes, members) => [bytes.fill(0xff, 4, 8), members],
        /expected a whole Parquet file/,
      ],
      [
        'a row more in the receipt',
        (bytes, members) => [bytes, members.with(first, { ...members[first]!, rows: 3 })],
        /expected/,
      ],
      [
        'a row less in the receipt',
        (bytes, members) => [bytes, members.with(first, { ...members[first]!, rows: 1 })],
        /column 0: expected 1 rows, received 2/,
      ],
      [
        'a border elsewhere',
        (bytes, [one, two, ...others]) => [
          bytes,
          [
            { ...one!, length: one!.length + 1 },
            { ...two!, offset: two!.offset + 1, length: two!.length - 1 },
            ...others,
          ],
        ],
        /expected/,
      ],
      [
        'a row group that no member names',
        (bytes, [one, two, three]) => [bytes, [one!, { ...two!, length: two!.length + three!.length, rows: 1 }]],
        /the footer has 3 row groups: expected 2/,
      ],
      ['no footer', (bytes, members) => [withoutFooter(bytes, members), members], /whole/],
      ['a cut footer', (bytes, members) => [bytes.subarray(0, -1), members], /whole/],
      [
        'the footer of another part',
        (bytes, members) => [Buffer.concat([withoutFooter(bytes, members), other.subarray(otherEnd)]), members],
        /the footer has row group 0 at 4,\d+,1: expected 4,\d+,2/,
      ],
      [
        'a footer that claims row groups without end',
        (bytes, members) => [Buffer.concat([withoutFooter(bytes, members), ENDLESS_FOOTER]), members],
        /expected a list, received 268435455 elements/,
      ],
    ];
    let other: Buffer = Buffer.alloc(0);
    let otherEnd = 0;
    before(async () => {
      const packed = await packRows(rows, [LISTS[0]!.slice(1), ...LISTS.slice(1)]);
      other = packed.bytes;
      otherEnd = withoutFooter(other, packed.members).length;
    });
    for (const [what, change, message] of changed)
      it(`has ${what}: ${compression}`, async () => {
        const { bytes, members } = await packRows(rows, LISTS);
        assert.match((await problem(...change(bytes, members))) ?? 'no problem', message);
      });

    // a page without a checksum is held by the SHA-256 of its part alone
    if (compression === 'gzip' || compression === 'zstd')
      it(`has a page with another byte: ${compression}`, async () => {
        const { bytes, members } = await packRows(rows, LISTS);
        const { offset, length } = members[second]!;
        let [tried, found] = [0, 0];
        for (let at = offset; at < offset + length; at += STEP) {
          const broken = Buffer.from(bytes);
          broken[at]! ^= 1;
          tried += 1;
          if ((await problem(broken, members)) !== null) found += 1;
        }
        // a compressed stream's own header has a byte or two that nobody needs: the SHA-256 of the part holds those
        assert.ok(tried > 30 && found >= tried - 1, `${found} of ${tried}`);
      });
  }

  it('throws what its source throws', async () => {
    const { members } = await packRows({ format: 'parquet', compression: 'none' }, LISTS);
    const error = new Error('cut');
    // oxlint-disable-next-line require-yield
    const source = (async function* (): AsyncGenerator<Uint8Array> {
      throw await Promise.resolve(error);
    })();
    const content = rowGroupsContent(members, 'none')(new ByteReader(source));
    await assert.rejects(content, (thrown) => thrown === error);
  });
});
