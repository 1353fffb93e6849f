import assert from 'node:assert/strict';
import { pageIndexSchema } from '@wikifleet/domain/page-index';
import type { IndexedPage } from '@wikifleet/domain/page-index';
import { IndexWriter } from './index-writer.js';
import { MEMBER_BYTES, MemberWriter } from './member-writer.js';

const HEAD = {
  version: 1,
  planId: '0123abcd',
  file: 'x.bz2',
  split: { index: 0, count: 1, start: 0, end: 9 },
} as const;

async function indexOf(members: readonly (readonly IndexedPage[])[]): Promise<string> {
  const pieces: Uint8Array[] = [];
  const write = async (bytes: Uint8Array): Promise<void> => void (await Promise.resolve(pieces.push(bytes)));
  const writer = new IndexWriter({ write }, HEAD);
  for (const pages of members) await writer.add(pages);
  await writer.finish();
  return Buffer.concat(pieces).toString();
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
  ];
  for (const [name, pages] of members) {
    it(`is JSON with a line a member: ${name}`, async () => {
      const text = await indexOf(pages);
      assert.deepEqual(pageIndexSchema.parse(JSON.parse(text)), { ...HEAD, members: pages });
      assert.equal(text.split('\n').length, pages.length + 3);
    });
  }

  it('of a part without members is nothing', async () => {
    assert.equal(await indexOf([]), '');
  });

  it('names each page in all members that have rows of it', async () => {
    const indexed: (readonly IndexedPage[])[] = [];
    const write = async (): Promise<void> => await Promise.resolve();
    const onMember = async (pages: readonly IndexedPage[]): Promise<void> =>
      void (await Promise.resolve(indexed.push(pages)));
    const writer = new MemberWriter({ write }, 'none', onMember);
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
    await writer.add(chunk([2, 3, 4, 4, 4]));
    await writer.finish();
    const of = (...ids: number[]): IndexedPage[] => ids.map((id) => [id, `T${id}`]);
    assert.deepEqual(indexed, [of(1), of(1, 2), of(2, 3), of(4), of(4)]);
    assert.deepEqual(
      writer.members.map(({ firstPageId, lastPageId }) => [firstPageId, lastPageId]),
      indexed.map((pages) => [pages[0]![0], pages.at(-1)![0]]),
    );
  });
});
