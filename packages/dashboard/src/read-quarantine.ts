import type { Store } from '@wikifleet/store/store';
import { z } from 'zod';

/** What a page shows of a quarantine file: its beginning. */
const MOST_BYTES = 256 * 1024;
const MOST_RECORDS = 50;
const MOST_RAW = 4000;

const recordSchema = z.object({
  page_id: z.number().nullable(),
  page_title: z.string().nullable(),
  revision_id: z.number().nullable(),
  offset: z.number(),
  length: z.number(),
  code: z.string(),
  reason: z.string(),
  encoding: z.string(),
  raw: z.string().nullable(),
});

/** A quarantined revision or page. All its texts are strangers'. */
export type ShownRecord = z.infer<typeof recordSchema>;

export interface ShownQuarantine {
  readonly key: string;
  readonly records: readonly ShownRecord[];
  /** Whether the file holds more than was read, or lines that are no records. */
  readonly more: boolean;
}

/** The first records of a quarantine file, two calls; null where it is gone. Memory: 256 KiB. */
export async function readQuarantine(store: Store, key: string, signal: AbortSignal): Promise<ShownQuarantine | null> {
  const head = await store.head(key, signal);
  if (head === null) return null;
  const end = Math.min(head.size, MOST_BYTES);
  const chunks: Uint8Array[] = [];
  if (end > 0)
    for await (const chunk of store.read(key, { start: 0, end, etag: head.etag }, signal)) chunks.push(chunk);
  const lines = Buffer.concat(chunks).toString('utf8').split('\n');
  // a line that was cut, or the nothing after the last one
  const last = lines.pop() ?? '';
  const records: ShownRecord[] = [];
  let left = last === '' ? 0 : 1;
  for (const line of lines) {
    const record = records.length < MOST_RECORDS ? parseRecord(line) : null;
    if (record === null) left += 1;
    else records.push({ ...record, raw: record.raw?.slice(0, MOST_RAW) ?? null });
  }
  return { key, records, more: left > 0 || end < head.size };
}

function parseRecord(line: string): ShownRecord | null {
  try {
    return recordSchema.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}
