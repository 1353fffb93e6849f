import { PermanentError } from '@wikifleet/domain/errors';
import type { TextCounts } from '@wikifleet/domain/text-columns';
import type { DumpConverter } from '@wikifleet/mediawiki/dump-converter';
import type { DumpCounts } from '@wikifleet/mediawiki/dump-counts';
import type { DumpReader } from '@wikifleet/mediawiki/dump-reader';
import type { RowChunk, SeenPages } from '@wikifleet/mediawiki/page-converter';
import type { QuarantineRecord } from '@wikifleet/mediawiki/quarantine';

/** Rows that a thread made; `texts` is there where it wrote the columns of texts too. */
export type DeliveredRows = RowChunk & { readonly texts?: TextCounts };

/** Takes rows, quarantine and pages in the order of the dump. */
export type Deliver = (
  rows: DeliveredRows | null,
  quarantine: readonly QuarantineRecord[],
  pages: SeenPages,
) => Promise<void>;

/**
 * A dump's bytes in, rows delivered; in this thread or in several, with the same outcome. What `DumpConverter` throws
 * comes from `push` and `end`, maybe later than there, and then `breakOff` delivers what stands before the place.
 */
export interface DumpConversion {
  /** Its `endTag` is known after `end`. */
  readonly reader: DumpReader;
  /** Of what was delivered. */
  readonly counts: DumpCounts;
  /** What was found wrong with the dump although it was read to its end; whatever is thrown stands behind it. */
  readonly failure: PermanentError | null;
  /** The next bytes; the caller may reuse them afterwards. */
  push(bytes: Uint8Array): Promise<void>;
  /** No more bytes, or none that are needed. */
  end(): Promise<void>;
  /** Delivers all there is, after an error. */
  breakOff(): Promise<void>;
}

/** In this thread. */
export class InlineConversion implements DumpConversion {
  readonly reader: DumpConverter;
  readonly #deliver: Deliver;

  constructor(converter: DumpConverter, deliver: Deliver) {
    this.reader = converter;
    this.#deliver = deliver;
  }

  get counts(): DumpCounts {
    return this.reader.counts;
  }

  get failure(): PermanentError | null {
    return this.reader.failure;
  }

  async push(bytes: Uint8Array): Promise<void> {
    this.reader.push(bytes);
    await this.#deliverAll();
  }

  async end(): Promise<void> {
    if (!this.reader.done) this.reader.end();
    await this.#deliverAll();
  }

  async breakOff(): Promise<void> {
    try {
      this.reader.flush();
    } catch (error) {
      // what was thrown before is thrown again
      if (!(error instanceof PermanentError)) throw error;
    }
    await this.#deliverAll();
  }

  async #deliverAll(): Promise<void> {
    await this.#deliver(this.reader.takeRows(), this.reader.takeQuarantine(), this.reader.takePages());
  }
}
