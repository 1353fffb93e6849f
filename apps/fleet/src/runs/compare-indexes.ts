import { dirname } from 'node:path/posix';
import { multistreamIndexNames } from '@wikifleet/catalogue/dump-name';
import type { BlockPool } from '@wikifleet/conversion/block-pool';
import type { FileSource } from '@wikifleet/conversion/file-source';
import { compareOrders, readIndex } from '@wikifleet/conversion/multistream-index';
import { splitsOf } from '@wikifleet/domain/jobs';
import { receiptKey } from '@wikifleet/domain/keys';
import type { PageOrder } from '@wikifleet/domain/page-order';
import type { Plan, PlanFile } from '@wikifleet/domain/plan';
import { receiptSchema } from '@wikifleet/domain/receipts';
import type { Mirror } from '@wikifleet/mirror/mirror';
import { readRawRecord } from '@wikifleet/runs/raw-records';
import type { Store } from '@wikifleet/store/store';

/** What comparing a file with its multistream index came to. */
export interface IndexVerdict {
  readonly file: string;
  /** The mirror whose index it was; null where no mirror has one. */
  readonly mirror: string | null;
  /** What differs, a sentence each; empty where nothing does. */
  readonly problems: readonly string[];
}

/**
 * Compares the pages of each multistream file of a complete run with the index that a mirror has beside it: a bzip2 file
 * cannot show by itself that entire streams are missing or there twice. Memory: a block of the index, and one receipt.
 */
export async function* compareIndexes(
  store: Store,
  plan: Plan,
  mirrors: readonly Mirror[],
  pool: BlockPool,
  signal: AbortSignal,
): AsyncGenerator<IndexVerdict> {
  for (const file of plan.files) {
    if (multistreamIndexNames(file.file).length === 0) continue;
    const found = await findIndex(mirrors, file, signal);
    const { file: name } = file;
    if (found === null) yield { file: name, mirror: null, problems: [] };
    else {
      const problems = await compareOrders(readIndex(found.source, pool), ordersOf(store, plan, name, signal));
      yield { file: name, mirror: found.mirror.name, problems };
    }
  }
}

async function findIndex(
  mirrors: readonly Mirror[],
  { path, file }: PlanFile,
  signal: AbortSignal,
): Promise<{ readonly mirror: Mirror; readonly source: FileSource } | null> {
  for (const name of multistreamIndexNames(file)) {
    const indexPath = `${dirname(path)}/${name}`;
    for (const mirror of mirrors) {
      const size = await mirror.size(indexPath, { signal });
      if (size !== null) return { mirror, source: sourceOf(mirror, indexPath, size, signal) };
    }
  }
  return null;
}

/** A file on a mirror, read by a connection for each call. */
function sourceOf(mirror: Mirror, path: string, size: number, signal: AbortSignal): FileSource {
  const read = async function* (start: number): AsyncGenerator<Uint8Array> {
    const stream = await mirror.open(path, { offset: start, expectedSize: size, signal });
    try {
      yield* stream as AsyncIterable<Uint8Array>;
    } finally {
      stream.destroy();
    }
  };
  return {
    size,
    read,
    first: async (count) => {
      const chunks: Uint8Array[] = [];
      let length = 0;
      for await (const chunk of read(0)) {
        chunks.push(Buffer.from(chunk));
        length += chunk.length;
        if (length >= count) break;
      }
      return Buffer.concat(chunks).subarray(0, count);
    },
  };
}

/** The order of the pages of each split, as the receipts of a complete file have it. */
async function* ordersOf(
  store: Store,
  plan: Plan,
  file: string,
  signal: AbortSignal,
): AsyncGenerator<PageOrder | null> {
  const record = await readRawRecord(store, plan, file, signal);
  if (record === null) return;
  for (const { index } of splitsOf(record.result.size, record.result.splitBytes)) {
    const receipt = await store.getJson(receiptKey(plan.run, plan.planId, file, index), receiptSchema, signal);
    yield receipt?.value.result.sequence.pageOrder ?? null;
  }
}
