import assert from 'node:assert/strict';
import { PageOrderKeeper, describeDescents, descentsOf, joinOrders, pageOrderSchema } from './page-order.js';
import type { PageOrder, PagePlace } from './page-order.js';

const at = (offset: number): PagePlace => ({ block: 32, offset });

function orderOf(ids: readonly number[], from = 0): PageOrder | null {
  const keeper = new PageOrderKeeper();
  for (const [i, id] of ids.entries()) keeper.add(id, from + i);
  const { order } = keeper;
  if (order === null) return null;
  const placed = <T extends { readonly at: number }>(page: T) => ({ ...page, at: at(page.at) });
  const firstDescent = order.firstDescent === null ? null : placed(order.firstDescent);
  return pageOrderSchema.parse({ ...order, first: placed(order.first), firstDescent });
}

describe('the order of pages', () => {
  const table: [
    what: string,
    ids: number[],
    descents: number,
    first: [id: number, after: number, offset: number] | null,
  ][] = [
    ['no page', [], 0, null],
    ['one page', [7], 0, null],
    ['ids that ascend', [1, 2, 9, 100], 0, null],
    ['an id that repeats', [1, 2, 2, 3], 1, [2, 2, 2]],
    ['a group that repeats', [1, 2, 3, 1, 2, 3, 4], 1, [1, 3, 3]],
    ['ids that descend', [9, 8, 7], 2, [8, 9, 1]],
    ['negative ids', [-2, -1, -3], 1, [-3, -1, 2]],
  ];
  for (const [what, ids, descents, first] of table) {
    it(`is the same however a file is cut: ${what}`, () => {
      const firstDescent = first === null ? null : { id: first[0], after: first[1], at: at(first[2]) };
      for (let one = 0; one <= ids.length; one += 1) {
        for (let two = one; two <= ids.length; two += 1) {
          const parts = [orderOf(ids.slice(0, one)), orderOf(ids.slice(one, two), one), orderOf(ids.slice(two), two)];
          assert.deepEqual(descentsOf(parts), { descents, firstDescent });
          const [a, b, c] = parts as [PageOrder | null, PageOrder | null, PageOrder | null];
          assert.deepEqual(joinOrders(joinOrders(a, b), c), joinOrders(a, joinOrders(b, c)));
        }
      }
    });
  }

  it('is described where it does not ascend', () => {
    assert.equal(describeDescents(descentsOf([orderOf([1, 2])])), null);
    assert.equal(
      describeDescents(descentsOf([orderOf([5, 4, 3])])),
      'page ids do not ascend at 2 places: first page 4 after page 5 (block at bit 32, byte 1)',
    );
  });
});
