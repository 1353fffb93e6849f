/** One entry of a folder. `size` in bytes, null where the listing does not give it exactly. */
export interface CatalogueEntry {
  readonly name: string;
  readonly size: number | null;
  readonly directory: boolean;
}

/** What one mirror lists in a folder. */
export interface MirrorListing {
  readonly mirror: string;
  /** Null where the mirror has no such folder, or could not be listed. */
  readonly entries: readonly CatalogueEntry[] | null;
  /** Why the mirror could not be listed; null where it answered. */
  readonly problem: string | null;
}

/**
 * What the catalogue is read from. Paths are below the dumps' root, without a `/` at either end
 * (`simplewiki/20261001/dumpstatus.json`). Null means that the thing is not there; whatever else goes wrong throws. The
 * source bounds how much it reads.
 */
export interface CatalogueSource {
  /**
   * A small file, as `parse` understands its text. Where `parse` throws, the text may have been damaged on its way: the
   * source reads it again, then from other mirrors, and throws only when none of them has a text that can be parsed. The error
   * keeps the code of what `parse` threw.
   */
  fetchText<T>(path: string, parse: (text: string) => T): Promise<T | null>;
  /** The entries of a folder, from the first mirror that has it. */
  list(path: string): Promise<readonly CatalogueEntry[] | null>;
  /** What each mirror lists in a folder. Does not throw where a mirror cannot be listed. */
  listings(path: string): Promise<readonly MirrorListing[]>;
  /** The size of one file in bytes. */
  size(path: string): Promise<number | null>;
  /** Waits so many milliseconds before something is read again. */
  wait(milliseconds: number): Promise<void>;
}
