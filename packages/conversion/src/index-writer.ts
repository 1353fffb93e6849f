import type { IndexedPage, PageIndexHead } from '@wikifleet/domain/page-index';
import type { ByteSink } from './member-writer.js';

/** Writes a part's index, a line of JSON a member, so that it holds no more than one: titles of a file may be gigabytes. */
export class IndexWriter {
  readonly #sink: ByteSink;
  readonly #head: string;
  #members = 0;

  constructor(sink: ByteSink, head: PageIndexHead) {
    this.#sink = sink;
    this.#head = JSON.stringify(head).replace(/\}$/, ',"members":[\n');
  }

  /** The pages of the next member. */
  async add(pages: readonly IndexedPage[]): Promise<void> {
    const before = this.#members === 0 ? this.#head : ',\n';
    this.#members += 1;
    await this.#sink.write(Buffer.from(before + JSON.stringify(pages)));
  }

  /** Nothing is written for a part without members. */
  async finish(): Promise<void> {
    if (this.#members > 0) await this.#sink.write(Buffer.from('\n]}\n'));
  }
}
