/** One entry of a folder. `size` in bytes, null where the listing does not give it exactly. */
export interface CatalogueEntry {
  readonly name: string;
  readonly size: number | null;
  readonly directory: boolean;
}

/**
 * What the catalogue is read from. Paths are below the dumps' root, without a `/` at either end
 * (`simplewiki/20261001/dumpstatus.json`). Null means that the thing is not there; whatever else goes wrong throws. The
 * source bounds how much it reads.
 */
export interface CatalogueSource {
  /** The text of a small file. */
  fetchText(path: string): Promise<string | null>;
  /** The entries of a folder. */
  list(path: string): Promise<readonly CatalogueEntry[] | null>;
  /** The size of one file in bytes. */
  size(path: string): Promise<number | null>;
}
