/** What a converter counts of a dump or of a part of it: those of parts add up. */
export interface PageCounts {
  readonly pages: number;
  readonly rows: number;
  readonly pagesWithoutRevision: number;
  /** Pages that were cut or of which something is in the quarantine, whether they have rows or not. */
  readonly partialPages: number;
  /** Records of the quarantine. */
  readonly quarantined: number;
  /** Pages that the filter left out, and their revisions. */
  readonly filteredPages: number;
  readonly filteredRevisions: number;
  /** Pages that a filter of namespaces let pass because the dump does not say theirs. */
  readonly pagesWithoutNamespace: number;
}

/** All are 0 for a dump that holds a header alone. */
export interface DumpCounts extends PageCounts {
  /** Occurrences of what has no column in rows and pages that stand: by element name, `#text`, `element@attribute`. */
  readonly unmapped: Readonly<Record<string, number>>;
}

/** A hostile dump may invent names: what comes beyond so many is counted as `#other`. */
export const MAX_UNMAPPED_NAMES = 1000;

export class CountKeeper {
  pages = 0;
  rows = 0;
  pagesWithoutRevision = 0;
  partialPages = 0;
  quarantined = 0;
  filteredPages = 0;
  filteredRevisions = 0;
  pagesWithoutNamespace = 0;
  readonly #unmapped = new Map<string, number>();

  unmapped(names: readonly string[]): void {
    for (const name of names) {
      const key = this.#unmapped.has(name) || this.#unmapped.size < MAX_UNMAPPED_NAMES ? name : '#other';
      this.#unmapped.set(key, (this.#unmapped.get(key) ?? 0) + 1);
    }
  }

  /** Adds what somebody else counted of a part. */
  add(part: PageCounts): void {
    this.pages += part.pages;
    this.rows += part.rows;
    this.pagesWithoutRevision += part.pagesWithoutRevision;
    this.partialPages += part.partialPages;
    this.quarantined += part.quarantined;
    this.filteredPages += part.filteredPages;
    this.filteredRevisions += part.filteredRevisions;
    this.pagesWithoutNamespace += part.pagesWithoutNamespace;
  }

  /** What was counted since the last call, names aside; they stay. */
  take(): PageCounts {
    const taken = this.#numbers();
    this.pages = this.rows = this.pagesWithoutRevision = this.partialPages = this.quarantined = 0;
    this.filteredPages = this.filteredRevisions = this.pagesWithoutNamespace = 0;
    return taken;
  }

  /** A copy, its names sorted: the order of the dump's bytes does not matter. */
  snapshot(): DumpCounts {
    const sorted = [...this.#unmapped].sort(([a], [b]) => (a < b ? -1 : 1));
    return { ...this.#numbers(), unmapped: Object.fromEntries(sorted) };
  }

  #numbers(): PageCounts {
    const { pages, rows, pagesWithoutRevision, partialPages, quarantined } = this;
    const { filteredPages, filteredRevisions, pagesWithoutNamespace } = this;
    const read = { pages, rows, pagesWithoutRevision, partialPages, quarantined };
    return { ...read, filteredPages, filteredRevisions, pagesWithoutNamespace };
  }
}
