import type { DumpConverter } from '@wikifleet/mediawiki/dump-converter';
import type { DumpCounts } from '@wikifleet/mediawiki/dump-counts';
import type { DumpReader } from '@wikifleet/mediawiki/dump-reader';
import type { RowChunk } from '@wikifleet/mediawiki/page-converter';
import type { QuarantineRecord } from '@wikifleet/mediawiki/quarantine';

/** Takes rows and quarantine in the order of the dump. */
export type Deliver = (rows: RowChunk | null, quarantine: readonly QuarantineRecord[]) => Promise<void>;

/**
 * A dump's bytes in, rows delivered; in this thread or in several, with the same outcome. What `DumpReader` throws comes
 * from `push` and `end`; then `flush` delivers what stands before the place.
 */
export interface DumpConversion {
  readonly reader: DumpReader;
  /** Of what was delivered. */
  readonly counts: DumpCounts;
  /** The next bytes; the caller may reuse them afterwards. */
  push(bytes: Uint8Array): Promise<void>;
  end(): Promise<void>;
  flush(): Promise<void>;
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

  async push(bytes: Uint8Array): Promise<void> {
    this.reader.push(bytes);
    await this.flush();
  }

  async end(): Promise<void> {
    this.reader.end();
    await this.flush();
  }

  async flush(): Promise<void> {
    await this.#deliver(this.reader.takeRows(), this.reader.takeQuarantine());
  }
}
