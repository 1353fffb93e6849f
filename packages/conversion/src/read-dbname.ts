import { containerOf } from '@wikifleet/domain/containers';
import { openBlockPool } from './block-pool.js';
import { CONTAINER_BYTES } from './file-source.js';
import type { FileSource } from './file-source.js';
import { readHead } from './split-head.js';

/** The wiki that a file names itself. */
export interface FileDbname {
  /** `siteinfo/dbname` without white space around it, where it is a valid wiki name; null where there is none. */
  readonly dbname: string | null;
  /** What stands there and is no valid wiki name (`my wiki`), cut to 200 characters; null where nothing does. */
  readonly invalid: string | null;
}

/**
 * Reads the `<dbname>` of a dump file (bzip2, gzip or plain), as its conversion reads it: attributes, CDATA and entities
 * are resolved, white space around it is left out, an empty one is none. It reads to the first page, no further. Throws
 * what the file's head is refused for (`NOT_A_DUMP`, `WIKI_DIFFERS` where it names two wikis, …).
 */
export async function readDbname(source: FileSource): Promise<FileDbname> {
  const pool = openBlockPool(1);
  try {
    const container = containerOf(await source.first(CONTAINER_BYTES));
    const { dump } = await readHead(container, source, { wiki: null, overrides: false }, pool);
    return { dbname: dump.dbname, invalid: dump.invalidDbname };
  } finally {
    await pool.close();
  }
}
