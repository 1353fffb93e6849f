/** What is to happen, the earliest first; of two at the same time the one that was added first. */
export class EventHeap<T> {
  readonly #heap: { readonly at: number; readonly order: number; readonly event: T }[] = [];
  #order = 0;

  /** When the next is due; Infinity where nothing is. */
  get nextAt(): number {
    return this.#heap[0]?.at ?? Infinity;
  }

  add(at: number, event: T): void {
    const heap = this.#heap;
    const item = { at, order: (this.#order += 1), event };
    let index = heap.length;
    heap.push(item);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(item, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = item;
  }

  take(): T | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first?.event;
    let index = 0;
    for (;;) {
      const left = heap[2 * index + 1];
      const right = heap[2 * index + 2];
      const useRight = left !== undefined && right !== undefined && isBefore(right, left);
      const child = useRight ? right : left;
      if (child === undefined || !isBefore(child, last)) break;
      heap[index] = child;
      index = 2 * index + (useRight ? 2 : 1);
    }
    heap[index] = last;
    return first.event;
  }
}

interface Ordered {
  readonly at: number;
  readonly order: number;
}

function isBefore(a: Ordered, b: Ordered): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
