import type { Kind } from '@wikifleet/domain/run';
import type { Checksums } from './hashed-file.js';

/** A dump file of the sample and what is in it, for tests to compare with. */
export interface SampleFile {
  readonly kind: Kind;
  readonly wiki: string;
  readonly name: string;
  /** Below the sample's folder, with `/`. */
  readonly path: string;
  /** Bytes of the file, compressed as it is. */
  readonly size: number;
  /** Bytes of its XML. */
  readonly xmlBytes: number;
  readonly pages: number;
  /** Revisions, which is what becomes rows. */
  readonly rows: number;
  readonly firstPage: number;
  readonly lastPage: number;
}

/** Pages and bytes of a dump file while it is written. */
export class SampleCount {
  xmlBytes = 0;
  pages = 0;
  rows = 0;
  firstPage = 0;
  lastPage = 0;

  addPage(id: number, revisions: number): void {
    if (this.pages === 0) this.firstPage = id;
    this.pages++;
    this.rows += revisions;
    this.lastPage = id;
  }

  /** `folder` is below the sample's, with `/`. */
  file(kind: Kind, wiki: string, folder: string, name: string, { size }: Checksums): SampleFile {
    const { xmlBytes, pages, rows, firstPage, lastPage } = this;
    return { kind, wiki, name, path: `${folder}/${name}`, size, xmlBytes, pages, rows, firstPage, lastPage };
  }
}
