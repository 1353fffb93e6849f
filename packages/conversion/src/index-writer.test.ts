import assert from 'node:assert/strict';
import { ENTRY_BYTES, SEGMENT_ENTRIES, parseEntries, segmentsOf, titleHash } from '@wikifleet/domain/page-index';
import type { IndexEntry, IndexedPage } from '@wikifleet/domain/page-index';
import { IndexWriter } from './index-writer.js';
import { JsonLinesFormat, MEMBER_BYTES } from './json-lines-format.js';
import { openBlockPool } from './block-pool.js';
import { MemberWriter } from './member-writer.js';

async function indexOf(members: readonly (readonly IndexedPage[])[]): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  const write = async (bytes: Uint8Array): Promise<void> => void (await Promise.resolve(pieces.push(bytes)));
  const writer = new IndexWriter({ write });
  for (const pages of members) await writer.add(pages);
  await writer.finish();
  return Buffer.concat(pieces);
}

/** What an index of these members must hold, sorted by hash; equal ones as they stand. */
function expectedOf(members: readonly (readonly IndexedPage[])[]): IndexEntry[] {
  return members
    .flatMap((pages, member) => pages.map(([pageId, title]) => ({ hash: titleHash(title), pageId, member })))
    .sort((a, b) => (a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0));
}

describe("a part's index", () => {
  const members: readonly [string, readonly (readonly IndexedPage[])[]][] = [
    ['one page', [[[1, 'A']]]],
    [
      'members that share a page',
      [
        [
          [1, 'A'],
          [2, 'B "b"\n\u2028'],
        ],
        [[2, 'B "b"\n\u2028']],
      ],
    ],
    ['ids at their bounds, and one title of two pages', [[[-999_999_999_999_999, 'A']], [[999_999_999_999_999, 'A']]]],
    ['more pages than it first has room for', [Array.from({ length: 5000 }, (_, id) => [id, `T${id}`] as const)]],
  ];
  for (const [name, pages] of members) {
    it(`has an entry a page and member, sorted by hash: ${name}`, async () => {
      assert.deepEqual(parseEntries(await indexOf(pages)), expectedOf(pages));
    });
  }

  it('of a part without pages is nothing', async () => {
    assert.equal((await indexOf([])).length, 0);
  });

  it('is cut into segments, each sorted for itself', async () => {
    const pages = Array.from({ length: SEGMENT_ENTRIES + 3 }, (_, id) => [id, `T${id}`] as const);
    const index = await indexOf([pages.slice(0, 7), pages.slice(7)]);
    const segments = segmentsOf(index.length);
    assert.deepEqual(
      segments.map(({ from, to }) => to - from),
      [SEGMENT_ENTRIES, 3],
    );
    const found = segments.flatMap(({ from, to }) =>
      parseEntries(index.subarray(from * ENTRY_BYTES, to * ENTRY_BYTES)),
    );
    assert.equal(new Set(found.map(({ pageId }) => pageId)).size, pages.length);
    for (const { hash, pageId, member } of found.slice(0, 100)) {
      assert.deepEqual([hash, member], [titleHash(`T${pageId}`), pageId < 7 ? 0 : 1]);
    }
    assert.throws(() => parseEntries(index), /not sorted/, 'segments are no one table');
  });

  it('names each page in all members that have rows of it, and members the range of their ids', async () => {
    const indexed: (readonly IndexedPage[])[] = [];
    const write = async (): Promise<void> => await Promise.resolve();
    const onMember = async (pages: readonly IndexedPage[]): Promise<void> =>
      void (await Promise.resolve(indexed.push(pages)));
    const writer = new MemberWriter({ write }, new JsonLinesFormat('none'), openBlockPool(1), onMember);
    const row = Buffer.alloc(MEMBER_BYTES / 2 + 1, 'x');
    const chunk = (ids: readonly number[]): Parameters<MemberWriter['add']>[0] => ({
      bytes: Buffer.concat(ids.map(() => row)),
      rows: ids.length,
      ends: ids.map((_, i) => (i + 1) * row.length),
      firstPageId: ids[0]!,
      lastPageId: ids.at(-1)!,
      pages: [...new Set(ids)].map((id) => ({ id, title: `T${id}`, rows: ids.filter((other) => other === id).length })),
    });
    await writer.add(chunk([1, 1, 1, 2]));
    await writer.add(chunk([2, 3, 9, 4, 4, 5]));
    await writer.finish();
    const of = (...ids: number[]): IndexedPage[] => ids.map((id) => [id, `T${id}`]);
    assert.deepEqual(indexed, [of(1), of(1, 2), of(2, 3), of(9, 4), of(4, 5)]);
    assert.deepEqual(
      writer.members.map(({ firstPageId, lastPageId }) => [firstPageId, lastPageId]),
      [
        [1, 1],
        [1, 2],
        [2, 3],
        [4, 9],
        [4, 5],
      ],
    );
  });
});
