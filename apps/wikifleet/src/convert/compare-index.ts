import { open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { multistreamIndexNames } from '@wikifleet/catalogue/dump-name';
import { openBlockPool } from '@wikifleet/conversion/block-pool';
import { IndexComparison, readIndex } from '@wikifleet/conversion/multistream-index';
import type { IndexEntry } from '@wikifleet/conversion/multistream-index';
import { codeOf } from '@wikifleet/domain/errors';
import type { ReleaseStack } from '@wikifleet/worker/release-stack';
import { openFile } from '../local-file.js';

export interface IndexBeside {
  readonly path: string;
  readonly entries: AsyncIterable<IndexEntry>;
  /** Of the same entries. */
  readonly comparison: IndexComparison;
}

/** Where the index of a multistream dump may lie: as Wikimedia publishes it, or decompressed; empty for other names. */
export function indexPathsOf(path: string): string[] {
  return multistreamIndexNames(basename(path)).map((index) => join(dirname(path), index));
}

/** Opens the index that lies beside a dump; null where there is none. Other errors of the file system are thrown. */
export async function openIndexBeside(path: string, releases: ReleaseStack): Promise<IndexBeside | null> {
  for (const candidate of indexPathsOf(path)) {
    try {
      const handle = releases.defer(await open(candidate), async (h) => await h.close());
      const { size } = await handle.stat();
      // a thread of its own would wait for the dump most of the time
      const pool = releases.defer(openBlockPool(1), async (p) => await p.close());
      const entries = readIndex(openFile(handle, size), pool);
      const comparison = new IndexComparison(entries);
      return { path: candidate, entries, comparison: releases.defer(comparison, async (c) => await c.close()) };
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
  }
  return null;
}
