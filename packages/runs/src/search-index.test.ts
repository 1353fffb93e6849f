import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ENTRY_BYTES, SEGMENT_ENTRIES, titleHash } from '@wikifleet/domain/page-index';
import { searchIndex } from './search-index.js';

type Entry = readonly [hash: bigint, member: number];

function indexOf(segments: readonly (readonly Entry[])[]): Buffer {
  const bytes = segments.map((entries) => {
    const segment = Buffer.alloc(entries.length * ENTRY_BYTES);
    const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    for (const [at, [hash, member]] of sorted.entries()) {
      segment.writeBigUInt64BE(hash, at * ENTRY_BYTES);
      segment.writeUInt32BE(member, at * ENTRY_BYTES + 16);
    }
    return segment;
  });
  return Buffer.concat(bytes);
}

async function search(index: Buffer, wanted: bigint): Promise<{ members: number[]; reads: number; bytes: number }> {
  let [reads, bytes] = [0, 0];
  const members = await searchIndex(index.length, wanted, async (start, end) => {
    reads += 1;
    bytes += end - start;
    return await Promise.resolve(index.subarray(start, end));
  });
  return { members, reads, bytes };
}

const LAST = 2n ** 64n - 1n;

describe('searchIndex', () => {
  it('says INDEX_CUT where fewer bytes come than asked for', async () => {
    await assert.rejects(
      searchIndex(ENTRY_BYTES, 0n, async () => await Promise.resolve(Buffer.alloc(0))),
      {
        code: 'INDEX_CUT',
      },
    );
  });

  const even: Entry[] = Array.from({ length: SEGMENT_ENTRIES }, (_, at) => [titleHash(`T${at}`), at % 7]);
  // what a stranger could make by trying titles: hashes that do not spread
  const uneven: [what: string, entries: readonly Entry[], wanted: bigint, members: number[]][] = [
    ['hashes are all low', even.map((_, at) => [BigInt(at), at]), BigInt(SEGMENT_ENTRIES - 1), [SEGMENT_ENTRIES - 1]],
    ['hashes are all high', even.map((_, at) => [LAST - BigInt(at), at]), LAST - 200_000n, [200_000]],
    ['all hashes are one', even.map((_, at) => [5n, at % 3]), 5n, [0, 1, 2]],
    [
      'one page is in most members',
      even.map(([hash], at) => [at > 99_999 ? 2n ** 63n : hash, at % 5]),
      2n ** 63n,
      [0, 1, 2, 3, 4],
    ],
  ];
  for (const [what, entries, wanted, members] of uneven) {
    it(`finds all in a dozen reads where ${what}`, async () => {
      const found = await search(indexOf([entries]), wanted);
      assert.deepEqual(found.members, members);
      assert.ok(found.reads <= 12, `${found.reads} reads`);
    });
  }

  it('finds a title of each of two segments by a small read of each', async () => {
    const index = indexOf([even, even.slice(0, 1000).map(([hash, member]) => [hash, member + 10] as const)]);
    const { members, reads, bytes } = await search(index, titleHash('T3'));
    assert.deepEqual([members, reads], [[3, 13], 2]);
    assert.ok(bytes < 50_000, `${bytes} bytes`);
  });

  it('finds what a search of all entries finds', async () => {
    const hash = fc.oneof(fc.bigInt(0n, LAST), fc.bigInt(0n, 50n), fc.constant(LAST));
    const entries = fc.array(fc.tuple(hash, fc.nat(20)), { maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(entries, hash, fc.nat(400), async (all, other, at) => {
        const wanted = all[at]?.[0] ?? other;
        const expected = new Set(all.filter(([h]) => h === wanted).map(([, member]) => member));
        const { members } = await search(indexOf([all]), wanted);
        assert.deepEqual(
          members,
          [...expected].sort((a, b) => a - b),
        );
      }),
      { seed: 1 },
    );
  });
});
