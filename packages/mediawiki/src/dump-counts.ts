/** What a converter counts. All are 0 for a dump that holds a header alone. */
export interface DumpCounts {
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

  /** A copy, its names sorted: the order of the dump's bytes does not matter. */
  snapshot(): DumpCounts {
    const { pages, rows, pagesWithoutRevision, partialPages, quarantined } = this;
    const { filteredPages, filteredRevisions, pagesWithoutNamespace } = this;
    const sorted = [...this.#unmapped].sort(([a], [b]) => (a < b ? -1 : 1));
    const read = { pages, rows, pagesWithoutRevision, partialPages, quarantined };
    const filtered = { filteredPages, filteredRevisions, pagesWithoutNamespace };
    return { ...read, ...filtered, unmapped: Object.fromEntries(sorted) };
  }
}
