import type { RowEncoding } from '@wikifleet/domain/row-values';
import { KernelEngine } from './kernel-engine.js';
import { ReferenceEngine } from './reference-engine.js';
import type { PageHead, RevisionRow, RowEngine } from './row-engine.js';

/** How many units of each kind the reference read. */
export interface Fallbacks {
  readonly pages: number;
  readonly revisions: number;
  readonly between: number;
}

/** The kernel's speed for what is regular, the reference for all else: the same rows, counts and faults as it, always. */
export class FastEngine extends KernelEngine {
  readonly #reference: CountedReference;

  constructor(encoding: RowEncoding = 'json') {
    const reference = new CountedReference(encoding);
    super(reference, encoding);
    this.#reference = reference;
  }

  get fallbacks(): Fallbacks {
    return { ...this.#reference.read };
  }
}

class CountedReference implements RowEngine {
  readonly read = { pages: 0, revisions: 0, between: 0 };
  readonly encoding: RowEncoding;
  #engine: RowEngine | null = null;

  constructor(encoding: RowEncoding) {
    this.encoding = encoding;
  }

  /** Nothing is known without a parser. */
  knownPage(): null {
    return null;
  }

  knownRevision(): null {
    return null;
  }

  readPageTag(bytes: Buffer): readonly string[] {
    return this.#reference().readPageTag(bytes);
  }

  readPage(wiki: string, bytes: Buffer): PageHead {
    this.read.pages += 1;
    return this.#reference().readPage(wiki, bytes);
  }

  readRevision(page: PageHead, bytes: Buffer): RevisionRow {
    this.read.revisions += 1;
    return this.#reference().readRevision(page, bytes);
  }

  readBetween(bytes: Buffer): readonly string[] {
    this.read.between += 1;
    return this.#reference().readBetween(bytes);
  }

  /** Made when it is first needed. */
  #reference(): RowEngine {
    return (this.#engine ??= new ReferenceEngine(this.encoding));
  }
}
