import type { Message } from './message.js';

interface Entry {
  readonly at: number;
  readonly id: string;
}

/**
 * Messages that become ready at a time, earliest first: a binary heap. A message whose deadline changed is pushed again, and its
 * older entry is passed over when it comes up, because its time is no longer the message's. It keeps ids, so that the body of a
 * deleted message is not held until its deadline.
 */
export class DeadlineHeap {
  readonly #find: (id: string) => Message | undefined;
  #entries: Entry[] = [];

  /** `find` is the queue's: the message of an id that is still in it. */
  constructor(find: (id: string) => Message | undefined) {
    this.#find = find;
  }

  /** Takes the message at its present `wakeAt`. */
  push(message: Message): void {
    const entry = { at: message.progress.wakeAt, id: message.content.id };
    const entries = this.#entries;
    let index = entries.length;
    entries.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = entries[parent];
      if (above === undefined || above.at <= entry.at) break;
      entries[index] = above;
      index = parent;
    }
    entries[index] = entry;
  }

  /** Unix milliseconds of the next deadline that still holds. */
  nextAt(): number | undefined {
    this.#dropStale();
    return this.#entries[0]?.at;
  }

  /** Takes out a message whose time has come, or nothing. */
  popDue(now: number): Message | undefined {
    this.#dropStale();
    const first = this.#entries[0];
    if (first === undefined || first.at > now) return undefined;
    this.#removeFirst();
    return this.#find(first.id);
  }

  /** Rebuilds from what is waiting once stale entries outnumber it, so that heartbeats do not grow the heap without end. */
  tidy(waiting: number): void {
    if (this.#entries.length < 2 * waiting + 1_000) return;
    const ids = new Set(this.#entries.filter((entry) => this.#holds(entry)).map((entry) => entry.id));
    this.clear();
    for (const id of ids) {
      const message = this.#find(id);
      if (message !== undefined) this.push(message);
    }
  }

  clear(): void {
    this.#entries = [];
  }

  #dropStale(): void {
    for (let first = this.#entries[0]; first !== undefined && !this.#holds(first); first = this.#entries[0])
      this.#removeFirst();
  }

  #holds(entry: Entry): boolean {
    const progress = this.#find(entry.id)?.progress;
    return progress !== undefined && progress.state !== 'ready' && progress.wakeAt === entry.at;
  }

  #removeFirst(): void {
    const entries = this.#entries;
    const last = entries.pop();
    if (last === undefined || entries.length === 0) return;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      let child = entries[left];
      if (child === undefined) break;
      let at = left;
      const other = entries[right];
      if (other !== undefined && other.at < child.at) {
        child = other;
        at = right;
      }
      if (child.at >= last.at) break;
      entries[index] = child;
      index = at;
    }
    entries[index] = last;
  }
}
