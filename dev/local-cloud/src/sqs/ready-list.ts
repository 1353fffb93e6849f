import type { Message } from './message.js';

/** Messages that can be received, in order. A message knows its neighbours, so that one in the middle is taken out at no cost. */
export class ReadyList {
  #first: Message | undefined;
  #last: Message | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): Message | undefined {
    return this.#first;
  }

  push(message: Message): void {
    message.previous = this.#last;
    message.next = undefined;
    if (this.#last === undefined) this.#first = message;
    else this.#last.next = message;
    this.#last = message;
    this.#size += 1;
  }

  unshift(message: Message): void {
    message.previous = undefined;
    message.next = this.#first;
    if (this.#first === undefined) this.#last = message;
    else this.#first.previous = message;
    this.#first = message;
    this.#size += 1;
  }

  /** The message must be in this list. */
  remove(message: Message): void {
    if (message.previous === undefined) this.#first = message.next;
    else message.previous.next = message.next;
    if (message.next === undefined) this.#last = message.previous;
    else message.next.previous = message.previous;
    message.previous = undefined;
    message.next = undefined;
    this.#size -= 1;
  }

  clear(): void {
    this.#first = undefined;
    this.#last = undefined;
    this.#size = 0;
  }

  *[Symbol.iterator](): Generator<Message> {
    for (let message = this.#first; message !== undefined; message = message.next) yield message;
  }
}
