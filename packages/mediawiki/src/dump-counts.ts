/** What a converter counts of a dump or of a part of it: those of parts add up. */
export interface PageCounts {
  readonly pages: number;
  readonly rows: number;
  readonly pagesWithoutRevision: number;
  /** Pages that were cut or of which something is in the quarantine, whether they have rows or not. */
  readonly partialPages: number;
  /** Units that could not be read, whether the quarantine has a record of them or not. */
  readonly quarantined: number;
  /** How many of these have no record, by code: those beyond `MAX_QUARANTINE_RECORDS`. */
  readonly quarantineDropped: Readonly<Record<string, number>>;
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
  #dropped = new Map<string, number>();

  /** Counts records that are not kept, by their codes. */
  quarantineDropped(codes: readonly string[]): void {
    for (const code of codes) this.#dropped.set(code, (this.#dropped.get(code) ?? 0) + 1);
  }

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
    for (const [code, n] of Object.entries(part.quarantineDropped)) {
      this.#dropped.set(code, (this.#dropped.get(code) ?? 0) + n);
    }
  }

  /** What was counted since the last call, names aside; they stay. */
  take(): PageCounts {
    const taken = this.#numbers();
    this.pages = this.rows = this.pagesWithoutRevision = this.partialPages = this.quarantined = 0;
    this.filteredPages = this.filteredRevisions = this.pagesWithoutNamespace = 0;
    this.#dropped = new Map();
    return taken;
  }

  /** A copy, its names sorted: the order of the dump's bytes does not matter. */
  snapshot(): DumpCounts {
    return { ...this.#numbers(), unmapped: sortedByName(this.#unmapped) };
  }

  #numbers(): PageCounts {
    const { pages, rows, pagesWithoutRevision, partialPages, quarantined } = this;
    const { filteredPages, filteredRevisions, pagesWithoutNamespace } = this;
    const quarantineDropped = sortedByName(this.#dropped);
    const read = { pages, rows, pagesWithoutRevision, partialPages, quarantined, quarantineDropped };
    return { ...read, filteredPages, filteredRevisions, pagesWithoutNamespace };
  }
}

function sortedByName(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
